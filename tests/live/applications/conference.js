'use strict';
// Every caller is answered and meets the others in one bridge. When all are in it is announced to them, and when
// only one is left the conference ends. Prints "complete" when all have heard the announcement.

module.exports = (client, {callers}) => new Promise((resolve, reject) => {
  const inside = new Set();
  let room;
  const must = (work) => async (event) => {
    try {
      await work(event);
    } catch (error) {
      reject(error);
    }
  };

  client.on('StasisStart', must(async (event) => {
    await client.answer(event.channel.id);
    room ??= client.bridge({type: 'mixing', name: 'conference'});
    await client.add((await room).id, event.channel.id);
  }));
  client.on('ChannelEnteredBridge', must(async (event) => {
    inside.add(event.channel.id);
    if (inside.size === Number(callers)) {
      await client.playToBridge((await room).id, 'announcement', 'sound:tone-short');
    }
  }));
  client.on('PlaybackFinished', must(async ({playback}) => {
    if (playback.state !== 'done') throw new Error(JSON.stringify(playback));
    console.log('complete');
  }));
  client.on('ChannelLeftBridge', must(async (event) => {
    inside.delete(event.channel.id);
    if (inside.size === 1) await client.destroy((await room).id);
  }));
  client.on('StasisEnd', must(async () => {
    if (inside.size > 0) return;
    const left = await client.bridges();
    if (left.length > 0) throw new Error(`bridges are left: ${JSON.stringify(left)}`);
    resolve();
  }));
});
