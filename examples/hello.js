'use strict';
// An ordinary ARI application. It knows nothing of arigate: with the URL of an Asterisk that has
// ARI, and Stasis(demo) in its dialplan, it does the same there.
//
//   node hello.js [URL] [USER] [PASSWORD] [SECOND_PHONE]
//
// It answers each call and plays a greeting. Then keys of the phone do this:
//   1  pause the greeting     2  go on     3  play it again     4  call the second phone     #  hang up

const ari = require('ari-client');

const APP = 'demo';
const GREETING = 'sound:hello-world';
const [url = 'http://127.0.0.1:8088', user = 'demo', password = 'demo', secondPhone = 'SIP/bob'] =
  process.argv.slice(2);

const say = (channel, text) => console.log(`${new Date().toISOString()} ${channel.name}: ${text}`);

// What an operation answers when its channel has gone meanwhile is no reason to stop.
const tolerate = (channel) => (error) => say(channel, `refused: ${error.message}`);

async function play(client, channel) {
  const playback = client.Playback();
  playback.once('PlaybackStarted', () => say(channel, 'playback started'));
  playback.once('PlaybackFinished', (event, {state}) => say(channel, `playback ${state}`));
  await channel.play({media: GREETING}, playback);
  return playback;
}

async function callSecondPhone(client, channel) {
  const second = client.Channel();
  second.once('StasisStart', () => say(second, 'answered'));
  second.once('ChannelDestroyed', ({cause_txt: why}) => say(second, `gone: ${why}`));
  await second.originate({
    endpoint: secondPhone,
    app: APP,
    appArgs: 'second',
    callerId: channel.caller.number,
    timeout: 20,
  });
  say(channel, `calls ${secondPhone} as ${second.id}`);
}

async function serve(client, channel, args) {
  say(channel, `entered ${APP} with ${JSON.stringify(args)}, caller ${channel.caller.number}`);
  let playback;
  const keys = {
    1: () => playback.control({operation: 'pause'}),
    2: () => playback.control({operation: 'unpause'}),
    3: async () => { playback = await play(client, channel); },
    4: () => callSecondPhone(client, channel),
    '#': () => channel.hangup(),
  };
  channel.on('ChannelDtmfReceived', ({digit}) => {
    say(channel, `key ${digit}`);
    if (digit in keys) Promise.resolve(keys[digit]()).catch(tolerate(channel));
  });
  channel.once('StasisEnd', () => say(channel, 'left'));
  await channel.answer();
  playback = await play(client, channel);
}

async function main() {
  const client = await ari.connect(url, user, password);
  client.on('StasisStart', ({args}, channel) => {
    serve(client, channel, args).catch(tolerate(channel));
  });
  await client.start(APP);
  console.log(`Application ${APP} is connected to ${url}. Calls may come.`);
}

main().catch((error) => {
  console.error(`Cannot start: ${error.message || error}`);
  process.exit(1);
});
