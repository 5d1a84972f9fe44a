'use strict';
// Everyday applications, each with one of two unmodified client libraries of npm.
//
//   node applications.js CLIENT WHAT HOST PORT USER PASSWORD ENDPOINT CALLERS
//
// CLIENT: ari-client, ipcom. WHAT: announcement answers the caller, plays, and hangs up; dial-through rings the
// caller, calls ENDPOINT, connects both in a bridge, and ends both when one hangs up; queue has the caller wait with
// music in a holding bridge until ENDPOINT has answered; voicemail records a message, reads it back and deletes it;
// conference and waiting-room have a file of their own. The last two take CALLERS, the others one.
// Prints "ready" when a call may come. Exit code 0: every step went as it should.

const [library, what, host, port, username, password, endpoint, callers] = process.argv.slice(2);
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
    bridge: (order) => client.Bridge().create(order),
    bridges: () => client.bridges.list(),
    bridgeOf: (bridgeId) => client.bridges.get({bridgeId}),
    add: (bridgeId, channel, role) => client.bridges.addChannel({bridgeId, channel, role}),
    remove: (bridgeId, channel) => client.bridges.removeChannel({bridgeId, channel}),
    record: (channelId, order) => client.channels.record({channelId, ...order}),
    stored: (recordingName) => client.recordings.getStored({recordingName}),
    storedNames: async () => (await client.recordings.listStored()).map((recording) => recording.name),
    deleteStored: (recordingName) => client.recordings.deleteStored({recordingName}),
    playToBridge: (id, playbackId, media) => client.Bridge(id).play({media}, client.Playback(playbackId)),
    startMusic: (bridgeId) => client.bridges.startMoh({bridgeId}),
    stopMusic: (bridgeId) => client.bridges.stopMoh({bridgeId}),
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
    bridge: (order) => client.bridges.createBridge(order),
    bridges: () => client.bridges.list(),
    bridgeOf: (id) => client.bridges.get(id),
    add: (id, channel, role) => client.bridges.addChannels(id, {channel, role}),
    remove: (id, channel) => client.bridges.removeChannels(id, {channel}),
    record: (id, order) => client.channels.record(id, order),
    stored: (recordingName) => client.recordings.getStored({recordingName}),
    storedNames: async () => (await client.recordings.listStored()).map((recording) => recording.name),
    deleteStored: (recordingName) => client.recordings.deleteStored({recordingName}),
    playToBridge: (id, playbackId, media) => client.Bridge(id).playMedia({media, playbackId}),
    startMusic: async () => {},  // Has no call for it; who waits hears music anyway.
    stopMusic: async () => {},
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
  const bridge = await client.bridge({type: 'mixing'});
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

async function queue(client, inbox) {
  const caller = (await inbox.next('StasisStart', (e) => e.type === 'StasisStart')).channel.id;
  await client.answer(caller);
  const waiting = await client.bridge({type: 'holding'});
  const talking = await client.bridge({type: 'mixing'});
  const isIn = (id, bridge) => inbox.of('ChannelEnteredBridge', id, (e) => e.bridge.id === bridge.id);
  await client.add(waiting.id, caller);
  await isIn(caller, waiting);
  const agent = (await client.originate({endpoint, app: APP, appArgs: 'agent', timeout: 10})).id;
  await inbox.of('StasisStart', agent);
  await client.remove(waiting.id, caller);
  await inbox.of('ChannelLeftBridge', caller, (e) => e.bridge.id === waiting.id);
  await client.add(talking.id, [caller, agent].join());
  await isIn(caller, talking);
  await isIn(agent, talking);
  await client.hangup(caller);
  await inbox.of('StasisEnd', caller);
  await client.hangup(agent);
  await inbox.of('StasisEnd', agent);
  await client.destroy(talking.id);
  await client.destroy(waiting.id);
}

async function voicemail(client, inbox) {
  const caller = (await inbox.next('StasisStart', (e) => e.type === 'StasisStart')).channel.id;
  await client.answer(caller);
  await client.play(caller, 'greeting', 'sound:tone-short');
  await inbox.next('end of the greeting', (e) => e.type === 'PlaybackFinished');
  const name = `message-${library}`;
  await client.record(caller, {name, format: 'wav', maxDurationSeconds: 1, beep: true, ifExists: 'fail'});
  await inbox.next('start of the message', (e) => e.type === 'RecordingStarted' && e.recording.name === name);
  const end = await inbox.next('end of the message', (e) => e.type === 'RecordingFinished');
  if (end.recording.duration !== 1) throw new Error(`duration of the message: ${end.recording.duration}`);
  const stored = await client.stored(name);
  if (stored.format !== 'wav') throw new Error(`format of the message: ${stored.format}`);
  if (!(await client.storedNames()).includes(name)) throw new Error('the message is not listed');
  await client.deleteStored(name);
  if ((await client.storedNames()).includes(name)) throw new Error('the message is still listed');
  await client.hangup(caller);
  await inbox.of('StasisEnd', caller);
}

const withInbox = (application) => (client) => application(client, new Inbox(client, [
  'StasisStart', 'StasisEnd', 'PlaybackFinished', 'ChannelEnteredBridge', 'ChannelLeftBridge', 'RecordingStarted',
  'RecordingFinished']));

const APPLICATIONS = {
  announcement: withInbox(announcement),
  'dial-through': withInbox(dialThrough),
  queue: withInbox(queue),
  voicemail: withInbox(voicemail),
  conference: require('./applications/conference.js'),
  'waiting-room': require('./applications/waiting_room.js'),
};

async function main() {
  const client = await (library === 'ipcom' ? withIpcom() : withAriClient());
  await client.start();
  const through = APPLICATIONS[what](client, {callers, endpoint});
  console.log('ready');
  await through;
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
