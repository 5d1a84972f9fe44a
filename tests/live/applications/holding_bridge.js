'use strict';
// A waiting room: callers wait with music in a holding bridge. When there are as many as expected they are taken
// out in the order in which they came, each into a bridge with an agent's channel, and the call is ended.
//
//   node holding_bridge.js URL USER PASSWORD CALLERS AGENT_ENDPOINT
//
// Prints "ready" when calls may come. Exit code 0: it went as it should.

const ari = require('ari-client');

const [url, user, password, callers, agentEndpoint] = process.argv.slice(2);

async function main() {
  const client = await ari.connect(url, user, password);
  const waiting = await client.bridges.create({type: 'holding', name: 'waiting room'});
  const queue = [];

  client.on('StasisStart', async (event, channel) => {
    if (event.args[0] === 'agent') return;
    try {
      await channel.answer();
      await waiting.addChannel({channel: channel.id, role: 'participant'});
      await waiting.startMoh();
      queue.push(channel);
      if (queue.length === Number(callers)) await serve(client, waiting, queue);
    } catch (error) {
      fail(error);
    }
  });
  await client.start('oracle');
  console.log('ready');
}

async function serve(client, waiting, queue) {
  await waiting.stopMoh();
  while (queue.length > 0) {
    const caller = queue.shift();
    const agent = client.Channel();
    const answered = new Promise((resolve) => agent.once('StasisStart', resolve));
    await agent.originate({endpoint: agentEndpoint, app: 'oracle', appArgs: 'agent'});
    await answered;
    const talk = await client.bridges.create({type: 'mixing'});
    await talk.addChannel({channel: [caller.id, agent.id]});
    const {channels} = await client.bridges.get({bridgeId: talk.id});
    if (channels.length !== 2) throw new Error(`${channels} are in the call`);
    await agent.hangup();
    await talk.destroy();
    await caller.hangup();
  }
  const {channels} = await client.bridges.get({bridgeId: waiting.id});
  if (channels.length !== 0) throw new Error(`${channels} still wait`);
  await waiting.destroy();
  process.exit(0);
}

function fail(error) {
  console.error(error);
  process.exit(1);
}

main().catch(fail);
