/**
 * docker-compose.yml as a project of its own: its own name, image and free ports, so that it can
 * run beside a cluster somebody is using, and leaves nothing behind.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from './prepare.mjs';

const SECOND = 1000;
export const NODES = [0, 1, 2, 3];
const APPS = ['gateway', ...NODES.map((id) => `node${id}`)];
const SERVICES = ['redis', ...APPS];

/** Resolves to the compose command that works here, or throws an error that says what is missing. */
export async function findCompose() {
  await run('docker', ['info', '--format', '{{.ServerVersion}}'], { timeoutMs: 20 * SECOND });
  for (const command of [['docker', 'compose'], ['docker-compose']]) {
    const [program, ...args] = [...command, 'version'];
    const found = await run(program, args, { timeoutMs: 20 * SECOND }).catch(() => undefined);
    if (found !== undefined) return command;
  }
  throw new Error('neither "docker compose" nor "docker-compose" works');
}

export class ComposeProject {
  /** @param command as `findCompose` resolves to */
  static async create(command) {
    const [redis, gateway, prometheus, grafana, ...nodes] = await freePorts(SERVICES.length + 2);
    const standIn = await isStandIn(baseImage());
    return new ComposeProject(command, { redis, gateway, prometheus, grafana, nodes }, standIn);
  }

  constructor(command, ports, standIn) {
    this.command = command;
    this.name = `ccro-test-${process.pid}`;
    this.image = `${this.name}:latest`;
    this.prometheusUrl = `http://127.0.0.1:${ports.prometheus}`;
    this.gatewayUrl = `http://127.0.0.1:${ports.gateway}`;
    this.nodeUrls = ports.nodes.map((port) => `http://127.0.0.1:${port}`);
    this.stopping = new AbortController();
    this.environment = {
      ...process.env,
      CCRO_REDIS_PORT: String(ports.redis),
      CCRO_GATEWAY_PORT: String(ports.gateway),
      CCRO_PROMETHEUS_PORT: String(ports.prometheus),
      CCRO_GRAFANA_PORT: String(ports.grafana),
      ...Object.fromEntries(ports.nodes.map((port, id) => [`CCRO_NODE${id}_PORT`, String(port)])),
      FAULT_INJECTION: 'off',
      LOG_LEVEL: 'info',
    };
    this.directory = mkdtempSync(join(tmpdir(), 'ccro-compose-'));
    this.override = join(this.directory, 'override.json');
    const build = standIn ? { build: { network: 'host' } } : {};
    const services = Object.fromEntries(APPS.map((app) => [app, { image: this.image, ...build }]));
    writeFileSync(this.override, JSON.stringify({ services }));
  }

  /** All services use one image, so that building it for one of them is enough. */
  build() {
    return this.compose(['build', 'gateway'], 900 * SECOND);
  }

  async up() {
    await this.compose(['up', '-d'], 180 * SECOND);
    await this.healthy(SERVICES);
  }

  /** Images of services of docker-compose.yml that are not on this machine. */
  async missingImages(services) {
    const file = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
    const images = services.map(
      (service) =>
        new RegExp(`^  ${service}:\\n(?:    .*\\n)*?    image: (\\S+)$`, 'm').exec(file)[1],
    );
    const args = ['image', 'inspect', '--format', '{{.Id}}'];
    const found = await Promise.all(
      images.map((image) =>
        run('docker', [...args, image], { timeoutMs: 20 * SECOND }).catch(() => undefined),
      ),
    );
    return images.filter((_, index) => found[index] === undefined);
  }

  /** Starts services of a profile; they have no health checks. */
  upProfile(profile, services) {
    this.profiles = ['--profile', profile];
    return this.compose(['up', '-d', ...services], 180 * SECOND);
  }

  async stop(service) {
    await this.compose(['stop', service], 30 * SECOND);
  }

  async start(service) {
    await this.compose(['start', service], 30 * SECOND);
    await this.healthy([service]);
  }

  healthy(services) {
    return this.until(`${services.join(', ')} healthy`, 120 * SECOND, async () => {
      const ids = (await this.compose(['ps', '-q', ...services])).split(/\s+/).filter(Boolean);
      const args = ['inspect', '--format', '{{.Name}} {{.State.Health.Status}}', ...ids];
      const states = (await run('docker', args, { timeoutMs: 20 * SECOND })).trim().split('\n');
      const waiting = states.filter((state) => !state.endsWith(' healthy'));
      if (waiting.length > 0) throw new Error(waiting.join(', '));
      if (ids.length < services.length) throw new Error(`${ids.length} containers`);
    });
  }

  redis(...args) {
    return this.compose(['exec', '-T', 'redis', 'redis-cli', ...args]);
  }

  /** Retries `attempt` until it resolves, rejects with `final` set, or has done so for too long. */
  async until(what, timeoutMs, attempt) {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      this.stopping.signal.throwIfAborted();
      try {
        return await attempt();
      } catch (error) {
        if (error.final) throw error;
        if (performance.now() > deadline) {
          throw new Error(`not ${what} after ${timeoutMs / SECOND} s: ${error.message}`);
        }
      }
      await sleep(500);
    }
  }

  /** What the containers said last. */
  logs() {
    return this.compose(['logs', '--no-color', '--tail=25']).catch(() => '(no logs)');
  }

  /** Gives up on whatever is under way. */
  abort() {
    this.stopping.abort(new Error('interrupted'));
  }

  /** Removes containers, network, volume and image. */
  async remove() {
    this.stopping = new AbortController();
    const args = ['down', '--volumes', '--remove-orphans', '--timeout', '5'];
    try {
      await this.compose(args, 120 * SECOND);
      await run('docker', ['image', 'rm', this.image], { timeoutMs: 60 * SECOND }).catch(() => {});
    } finally {
      rmSync(this.directory, { recursive: true, force: true });
    }
  }

  compose(args, timeoutMs = 30 * SECOND) {
    const [program, ...rest] = this.command;
    const files = ['-f', join(ROOT, 'docker-compose.yml'), '-f', this.override];
    const profiles = this.profiles ?? [];
    const project = [...profiles, '--project-directory', ROOT, '-p', this.name, ...files];
    const { environment: env, stopping } = this;
    const options = { name: `compose ${args[0]}`, env, timeoutMs, signal: stopping.signal };
    return run(program, [...rest, ...project, ...args], options);
  }
}

/** Images made by compose-stand-ins.sh; where they are used, containers have no way outside. */
async function isStandIn(image) {
  const format = '{{index .Config.Labels "ccro.stand-in"}}';
  const args = ['image', 'inspect', '--format', format, image];
  const label = await run('docker', args, { timeoutMs: 20 * SECOND }).catch(() => '');
  return label.trim() === 'true';
}

function baseImage() {
  return /^FROM (\S+)/m.exec(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'))[1];
}

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** Resolves to what the command printed; rejects with the end of it when the command fails. */
function run(program, args, { name = `${program} ${args[0]}`, env, timeoutMs, signal }) {
  const options = { env, signal, cwd: ROOT, timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      if (signal?.aborted) return reject(signal.reason);
      const output = `${stdout}${stderr}`.trim().split('\n').slice(-30).join('\n');
      const why = error.killed ? `took more than ${timeoutMs / SECOND} s` : `exit ${error.code}`;
      reject(new Error(`${name}: ${why}\n${output}`.trim()));
    });
  });
}
