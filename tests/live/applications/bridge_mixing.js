'use strict';
// A conference: every caller is answered and meets the others in one bridge. It is announced to all who comes,
// and ends when only one is left.
//
//   node bridge_mixing.js URL USER PASSWORD CALLERS
//
// Prints "ready" when calls may come and "complete" when all are in. Exit code 0: it went as it should.

const ari = require('ari-client');

const [url, user, password, callers] = process.argv.slice(2);

async function main() {
  const client = await ari.connect(url, user, password);
  const bridge = client.Bridge();
  await bridge.create({type: 'mixing,dtmf_events', name: 'conference'});
  const inside = new Set();

  client.on('StasisStart', async (event, channel) => {
    try {
      await channel.answer();
      await bridge.addChannel({channel: channel.id});
    } catch (error) {
      fail(error);
    }
  });
  client.on('ChannelEnteredBridge', async (event) => {
    inside.add(event.channel.id);
    if (inside.size !== Number(callers)) return;
    const playback = client.Playback();
    playback.once('PlaybackFinished', (finished) => {
      if (finished.playback.state !== 'done') fail(new Error(JSON.stringify(finished)));
      console.log('complete');
    });
    await bridge.play({media: 'sound:tone-short'}, playback).catch(fail);
  });
  client.on('ChannelLeftBridge', async (event) => {
    inside.delete(event.channel.id);
    if (inside.size !== 1) return;
    await bridge.destroy().catch(fail);
  });
  client.on('StasisEnd', async () => {
    if (inside.size > 0) return;
    const left = await client.bridges.list();
    process.exit(left.length === 0 ? 0 : 2);
  });
  await client.start('oracle');
  console.log('ready');
}

function fail(error) {
  console.error(error);
  process.exit(1);
}

main().catch(fail);
