'use strict';
// Callers wait with music in a holding bridge. When there are as many as expected they are taken out in the order in
// which they came, each into a bridge with a channel to the agent's endpoint, and the call is ended.

module.exports = (client, {callers, endpoint}) => new Promise((resolve, reject) => {
  const queue = [];
  const agents = new Map();  // Who waits for which of them.
  let room;

  client.on('StasisStart', async (event) => {
    try {
      const {id} = event.channel;
      if (event.args[0] === 'agent') return agents.get(event.args[1])();
      await client.answer(id);
      room ??= client.bridge({type: 'holding', name: 'waiting room'});
      const waiting = await room;
      await client.add(waiting.id, id, 'participant');
      await client.startMusic(waiting.id);
      queue.push(id);
      if (queue.length === Number(callers)) resolve(await serve(waiting));
    } catch (error) {
      reject(error);
    }
  });

  async function serve(waiting) {
    await client.stopMusic(waiting.id);
    for (const caller of queue) {
      const answered = new Promise((isHere) => agents.set(caller, isHere));
      const agent = await client.originate({endpoint, app: 'oracle', appArgs: `agent,${caller}`});
      await answered;
      const talk = await client.bridge({type: 'mixing'});
      await client.add(talk.id, [caller, agent.id].join());
      const {channels} = await client.bridgeOf(talk.id);
      if (channels.length !== 2) throw new Error(`${channels} are in the call`);
      await client.hangup(agent.id);
      await client.destroy(talk.id);
      await client.hangup(caller);
    }
    const {channels} = await client.bridgeOf(waiting.id);
    if (channels.length !== 0) throw new Error(`${channels} still wait`);
    await client.destroy(waiting.id);
  }
});
