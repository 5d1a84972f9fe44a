'use strict';
// The application of the comparison: the same script runs against native ARI and against arigate.
// What it sends and gets is recorded on the wire by whoever runs it; here is only what an application does.
//
//   node oracle.js URL USER PASSWORD ENDER SECOND_ENDPOINT
//
// ENDER: "app" or "caller", who hangs up. SECOND_ENDPOINT: what is dialled as the second channel.
// Prints "ready" when a call may come. Exit code 0: every step went as it should.

const ari = require('ari-client');

const APP = 'oracle';
const STEP_TIMEOUT_MS = 15000;
const [url, user, password, ender, secondEndpoint] = process.argv.slice(2);

// The events so far, and who waits for one that matches. An event that came before it was asked for counts.
class Inbox {
  constructor(client) {
    this.events = [];
    this.waiting = [];
    const types = ['StasisStart', 'StasisEnd', 'ChannelDtmfReceived', 'ChannelVarset', 'ChannelStateChange',
      'ChannelDestroyed', 'PlaybackStarted', 'PlaybackFinished', 'ChannelHangupRequest'];
    for (const type of types) client.on(type, (event) => this.put(event));
  }

  put(event) {
    this.events.push(event);
    this.waiting = this.waiting.filter(({matches, resolve}) => {
      if (!matches(event)) return true;
      resolve(event);
      return false;
    });
  }

  next(what, matches) {
    const seen = this.events.find(matches);
    if (seen) return Promise.resolve(seen);
    return new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error(`${what}: not within ${STEP_TIMEOUT_MS} ms`)), STEP_TIMEOUT_MS);
      this.waiting.push({matches, resolve});
    });
  }

  ofChannel(type, id, more = () => true) {
    return this.next(`${type} of ${id}`, (e) => e.type === type && e.channel.id === id && more(e));
  }

  ofPlayback(type, id) {
    return this.next(`${type} of ${id}`, (e) => e.type === type && e.playback.id === id);
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function main() {
  const client = await ari.connect(url, user, password);
  const inbox = new Inbox(client);
  await client.start(APP);
  console.log('ready');

  const start = await inbox.next('StasisStart', (e) => e.type === 'StasisStart');
  const id = start.channel.id;
  await client.channels.get({channelId: id});
  await client.channels.answer({channelId: id});
  await inbox.ofChannel('ChannelStateChange', id, (e) => e.channel.state === 'Up');
  await client.channels.get({channelId: id});
  await playWithPause(client, inbox, id);
  await inbox.ofChannel('ChannelDtmfReceived', id, (e) => e.digit === '5');
  await inbox.ofChannel('ChannelDtmfReceived', id, (e) => e.digit === '#');
  await variables(client, inbox, id);
  await secondChannel(client, inbox);
  await client.channels.list();
  await client.applications.get({applicationName: APP});

  if (ender === 'app') await client.channels.hangup({channelId: id});
  await inbox.ofChannel('StasisEnd', id);
  await pause(500);  // Whatever native sends after the end belongs to the comparison too.
  await client.channels.get({channelId: id}).catch(() => {});  // 404 is the answer to be compared.
  await client.channels.list();
  process.exit(0);
}

async function playWithPause(client, inbox, id) {
  const playback = await client.channels.play({channelId: id, media: 'sound:tone-2s'});
  await inbox.ofPlayback('PlaybackStarted', playback.id);
  await pause(500);
  await client.playbacks.control({playbackId: playback.id, operation: 'pause'});
  await pause(300);
  await client.playbacks.get({playbackId: playback.id});
  await client.playbacks.control({playbackId: playback.id, operation: 'unpause'});
  await pause(100);
  await client.playbacks.get({playbackId: playback.id});
  await inbox.ofPlayback('PlaybackFinished', playback.id);
}

async function variables(client, inbox, id) {
  const variable = 'ORDER_TEXT';
  const value = 'one, two "three" \\ four';
  await client.channels.setChannelVar({channelId: id, variable, value});
  await inbox.ofChannel('ChannelVarset', id, (e) => e.variable === variable);
  await client.channels.getChannelVar({channelId: id, variable});
  await client.channels.getChannelVar({channelId: id, variable: 'CALLERID(num)'});
  await client.channels.getChannelVar({channelId: id, variable: 'NEVER_SET'}).catch(() => {});
}

async function secondChannel(client, inbox) {
  const second = await client.channels.originate({
    endpoint: secondEndpoint, app: APP, appArgs: 'dialed,second', callerId: '"The Shop" <900>', timeout: 10,
    variables: {TICKET: '4711'},
  });
  await inbox.ofChannel('StasisStart', second.id);
  await client.channels.getChannelVar({channelId: second.id, variable: 'TICKET'});
  await client.channels.get({channelId: second.id});
  await client.channels.hangup({channelId: second.id});
  await inbox.ofChannel('ChannelDestroyed', second.id);
  await otherHalfGone(inbox, second.name);
}

// The halves of a Local channel end one after the other, so what is listed then would be a matter of luck.
async function otherHalfGone(inbox, name) {
  const other = name.replace(/;1$/, ';2');
  if (other === name) return;
  await inbox.next(`ChannelDestroyed of ${other}`, (e) => e.type === 'ChannelDestroyed' && e.channel.name === other);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
