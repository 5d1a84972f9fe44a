'use strict';
// Two everyday applications, each with one of two unmodified client libraries of npm.
//
//   node applications.js CLIENT WHAT HOST PORT USER PASSWORD ENDPOINT
//
// CLIENT: ari-client, ipcom. WHAT: announcement answers the caller, plays, and hangs up; dial-through rings the
// caller, calls ENDPOINT, connects both in a bridge, and ends both when one hangs up.
// Prints "ready" when a call may come. Exit code 0: every step went as it should.

const [library, what, host, port, username, password, endpoint] = process.argv.slice(2);
const APP = 'oracle';
const LIMIT_MS = 20000;

// What the applications need of a client, in the words of each library.
async function withAriClient() {
  const client = await require('ari-client').connect(`http://${host}:${port}`, username, password);
  return {
    start: () => client.start(APP),
    on: (type, then) => client.on(type, then),
    answer: (channelId) => client.channels.answer({channelId}),
    ring: (channelId) => client.channels.ring({channelId}),
    play: (channelId, playbackId, media) => client.channels.play({channelId, playbackId, media}),
    hangup: (channelId) => client.channels.hangup({channelId}),
    originate: (order) => client.channels.originate(order),
    bridge: () => client.bridges.create({type: 'mixing'}),
    add: (bridgeId, channel) => client.bridges.addChannel({bridgeId, channel}),
    destroy: (bridgeId) => client.bridges.destroy({bridgeId}),
  };
}

async function withIpcom() {
  const {AriClient} = require('@ipcom/asterisk-ari');
  const client = new AriClient({host, port: Number(port), username, password, secure: false});
  return {
    start: () => client.connectWebSocket([APP]),
    on: (type, then) => client.on(type, then),
    answer: (id) => client.channels.answerChannel(id),
    ring: (id) => client.channels.ringChannel(id),
    play: (id, playbackId, media) => client.channels.playWithId(id, playbackId, media),
    hangup: (id) => client.channels.hangup(id),
    originate: (order) => client.channels.originate(order),
    bridge: () => client.bridges.createBridge({type: 'mixing'}),
    add: (id, channel) => client.bridges.addChannels(id, {channel}),
    destroy: (id) => client.bridges.destroy(id),
  };
}

// An event that came before it was asked for counts.
class Inbox {
  constructor(client, types) {
    this.events = [];
    this.waiting = [];
    for (const type of types) {
      client.on(type, (event) => {
        this.events.push(event);
        for (const look of this.waiting) look(event);
      });
    }
  }

  next(name, matches) {
    const seen = this.events.find(matches);
    if (seen) return Promise.resolve(seen);
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`${name} did not come`)), LIMIT_MS);
      this.waiting.push((event) => {
        if (!matches(event)) return;
        clearTimeout(limit);
        resolve(event);
      });
    });
  }

  of(type, channelId, more = () => true) {
    return this.next(`${type} of ${channelId}`, (e) => e.type === type && e.channel.id === channelId && more(e));
  }
}

async function announcement(client, inbox) {
  const caller = await inbox.next('StasisStart', (e) => e.type === 'StasisStart');
  const id = caller.channel.id;
  await client.answer(id);
  for (const media of ['sound:tone-short', 'sound:tone-short']) {
    const playback = `announcement-${inbox.events.length}`;
    await client.play(id, playback, media);
    await inbox.next(`end of ${playback}`, (e) => e.type === 'PlaybackFinished' && e.playback.id === playback &&
                                                 e.playback.state === 'done');
  }
  await client.hangup(id);
  await inbox.of('StasisEnd', id);
}

async function dialThrough(client, inbox) {
  const caller = (await inbox.next('StasisStart', (e) => e.type === 'StasisStart')).channel.id;
  await client.ring(caller);
  const called = (await client.originate({endpoint, app: APP, appArgs: 'called', timeout: 10})).id;
  const start = await inbox.of('StasisStart', called);
  if (start.args.join() !== 'called') throw new Error(`arguments of the called channel: ${start.args}`);
  await client.answer(caller);
  const bridge = await client.bridge();
  await client.add(bridge.id, caller);
  await client.add(bridge.id, called);
  const entered = (id) => inbox.of('ChannelEnteredBridge', id, (e) => e.bridge.id === bridge.id);
  await entered(caller);
  const both = await entered(called);
  if (both.bridge.channels.length !== 2) throw new Error(`in the bridge: ${both.bridge.channels}`);
  await client.hangup(called);
  await inbox.of('ChannelLeftBridge', called);
  await inbox.of('StasisEnd', called);
  await client.hangup(caller);
  await inbox.of('StasisEnd', caller);
  await client.destroy(bridge.id);
}

async function main() {
  const client = await (library === 'ipcom' ? withIpcom() : withAriClient());
  await client.start();
  const inbox = new Inbox(client, ['StasisStart', 'StasisEnd', 'PlaybackFinished', 'ChannelEnteredBridge',
    'ChannelLeftBridge']);
  console.log('ready');
  await (what === 'announcement' ? announcement : dialThrough)(client, inbox);
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
