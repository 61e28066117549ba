/**
 * `npm run test:compose`: brings up the whole of docker-compose.yml, has requests decided, with all
 * nodes and with one stopped, and takes everything down again. Without a Docker engine it says so
 * and passes. On a machine that cannot pull images, see compose-stand-ins.sh.
 */
import { ComposeProject, findCompose, NODES } from './compose-project.mjs';

const SECOND = 1000;
const F = 1;
/** Services of the profile of that name. */
const MONITORING = ['prometheus', 'grafana'];

let command;
try {
  command = await findCompose();
} catch (error) {
  console.log(`Skipped: no Docker engine with Compose answers here (${lastLine(error)}).`);
  console.log('0 passed, 0 failed, 1 skipped');
  process.exit(0);
}

const project = await ComposeProject.create(command);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => project.abort());

/** A step needs something that is not here: it is skipped. */
class CannotBeTried extends Error {}

/** The first decision, which later steps refer to. */
let first;
let stopped;

const steps = {
  'the image builds': () => project.build(),
  'every service becomes healthy': () => project.up(),
  'every node answers at its published port': async () => {
    for (const id of NODES) equal((await nodeStatus(id)).id, id, `id of node${id}`);
  },
  'a request is decided': async () => {
    first = await decide('very-important-data');
    equal(first.nodes.map(({ id }) => id).join(), NODES.join(), 'nodes in the answer');
  },
  "a request at the commander's own port is decided": async () => {
    const { id } = first.nodes.find(({ role }) => role === 'commander');
    const { status } = await requestJson(`${project.nodeUrls[id]}/preprepare`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ data: 'very-important-data' }),
    });
    equal(status, 'decided', 'status');
  },
  'every node holds exactly one connection to Redis': async () => {
    const names = await connectionNames();
    for (const id of NODES) equal(countOf(names, id), 1, `connections of node ${id}`);
  },
  'with a node stopped, a request is decided': async () => {
    // Neither primary nor collector: those are the failure tests' business.
    stopped = first.nodes.findLast(({ role }) => role === 'replica').id;
    await project.stop(`node${stopped}`);
    equal(countOf(await connectionNames(), stopped), 0, `connections of stopped node ${stopped}`);
    const { sequence } = await decide('very-important-data, with a node stopped');
    if (sequence <= first.sequence) throw new Error(`sequence ${sequence} is not a later one`);
  },
  'started again, the node catches up': async () => {
    await project.start(`node${stopped}`);
    const { sequence } = await decide('very-important-data, with all nodes again');
    await project.until('caught up', 30 * SECOND, async () => {
      const { lastExecuted } = await nodeStatus(stopped);
      if (lastExecuted < sequence) throw new Error(`executed ${lastExecuted} of ${sequence}`);
    });
    equal(countOf(await connectionNames(), stopped), 1, `connections of node ${stopped}`);
  },
  'Prometheus sees every node and the gateway': async () => {
    const missing = await project.missingImages(MONITORING);
    if (missing.length > 0) {
      throw new CannotBeTried(`no image ${missing.join(', ')} here, and none is pulled`);
    }
    await project.upProfile('monitoring', MONITORING);
    await project.until('seen by Prometheus', 60 * SECOND, async () => {
      const { data } = await requestJson(`${project.prometheusUrl}/api/v1/query?query=sum(up)`);
      equal(data.result[0]?.value[1], String(NODES.length + 1), 'programs that answer');
    });
  },
};

console.log(`Testing docker-compose.yml as project ${project.name} (${command.join(' ')})`);
let passed = 0;
let failed = 0;
try {
  for (const [name, step] of Object.entries(steps)) {
    const startedAt = performance.now();
    const seconds = () => ((performance.now() - startedAt) / SECOND).toFixed(1);
    try {
      await step();
      console.log(`ok      ${name} (${seconds()} s)`);
      passed += 1;
    } catch (error) {
      if (error instanceof CannotBeTried) {
        console.log(`skipped ${name}: ${error.message}`);
        continue;
      }
      console.log(`FAILED  ${name} (${seconds()} s)\n${error.message}\n${await project.logs()}`);
      failed += 1;
      break; // the steps after it build on it
    }
  }
} finally {
  await project.remove().catch((error) => {
    console.log(`FAILED  everything is removed\n${error.message}`);
    failed += 1;
  });
}
const skipped = Object.keys(steps).length - passed - failed;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed === 0 ? 0 : 1);

/** Posts until there is a decision; under one key, so that a retry is not a second request. */
function decide(data) {
  const key = `${project.name}-${data.replace(/\W+/g, '-')}`;
  return project.until('decided', 60 * SECOND, async () => {
    const answer = await requestJson(`${project.gatewayUrl}/requests`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ data }),
    });
    equal(answer.status, 'decided', 'status');
    const { matching, required } = answer.replies;
    equal(required, F + 1, 'required replies');
    if (matching < required) throw new Error(`only ${matching} of ${required} replies match`);
    if (!(answer.sequence >= 1)) throw new Error(`sequence is ${answer.sequence}`);
    if (!answer.digest) throw new Error('no digest');
    return answer;
  });
}

function nodeStatus(id) {
  return requestJson(`${project.nodeUrls[id]}/status`);
}

async function requestJson(url, options) {
  const response = await fetch(url, { ...options, signal: AbortSignal.timeout(10 * SECOND) });
  const text = await response.text();
  if (response.status === 200) return JSON.parse(text);
  const error = new Error(`${url}: ${response.status} ${text.slice(0, 500)}`);
  error.final = response.status < 500; // no use in asking again
  throw error;
}

async function connectionNames() {
  const list = await project.redis('CLIENT', 'LIST');
  return list.split('\n').map((line) => / name=(\S*)/.exec(line)?.[1] ?? '');
}

function countOf(names, id) {
  return names.filter((name) => name === `ccro:node:${id}`).length;
}

function equal(actual, expected, what) {
  if (actual !== expected) throw new Error(`${what}: ${actual} instead of ${expected}`);
}

function lastLine({ message }) {
  return message.split('\n').at(-1);
}
