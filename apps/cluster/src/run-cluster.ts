import { primaryOf, collectorOf } from '@ccro/consensus';
import { Ending } from '@ccro/program';
import { GatewayApi } from './gateway-api.js';
import { requireFreePorts } from './launch/free-ports.js';
import { HOST, startCluster } from './launch/start-cluster.js';
import { readOnceFile, submitOnce } from './once.js';
import type { ClusterOptions } from './options/cluster-options.js';
import { bannerLines, rolesLine, type BannerFacts } from './report/banner.js';
import { DecisionPrinter } from './report/decision-printer.js';

/**
 * Starts the cluster, prints the seed's banner and a report after each decision, and stays until
 * a signal; with `once`, until the file's requests are decided.
 *
 * @returns the exit code
 */
export async function runCluster(
  options: ClusterOptions,
  print: (line: string) => void,
): Promise<number> {
  const requests = options.once === undefined ? undefined : readOnceFile(options.once);
  await requireFreePorts(options, HOST);
  const facts = bannerFacts(options);
  for (const line of bannerLines(facts)) print(line);
  const ended = untilEnded();
  const reports = new DecisionPrinter(print, facts);
  const cluster = await startCluster(options, {
    onNotice: print,
    onNodeStarted: ({ id, url }) => print(`Node ${id} started on ${url}`),
    onGatewayStarted: (url) => {
      print(rolesLine(facts));
      print(`Gateway running on ${url}`);
      print('');
    },
    onDecided: (decision) => reports.decided(decision),
    onFatal: (error) => ended.fail(error),
  });
  try {
    const gateway = new GatewayApi(cluster.gatewayUrl, cluster.gatewayKey);
    const trafficOf = (sequence: number) => cluster.trafficOf(sequence);
    const begin = (): Promise<void> => reports.begin({ trafficOf, gateway });
    // Ctrl-C may come while nodes are asked, which then do not answer any more.
    const begun = begin().then(() => true);
    if ((await Promise.race([begun, ended.promise])) !== true)
      return requests === undefined ? 0 : 1;
    if (requests === undefined) {
      await ended.promise;
      return 0;
    }
    const once = submitOnce(gateway, requests, print, {
      begin,
      finished: () => reports.finished(),
    });
    const decided = await Promise.race([once, ended.promise.then(() => false)]);
    await reports.finished();
    return decided ? 0 : 1;
  } finally {
    const done = ended.begin();
    await cluster.close();
    done();
  }
}

function bannerFacts({ mode, nodes, faulty, fault, seed }: ClusterOptions): BannerFacts {
  const primary = primaryOf(0, nodes);
  const collector = mode === 'ccro' ? collectorOf(primary, nodes, 0) : undefined;
  return { mode, nodes, byzantine: faulty, fault, seed, primary, collector };
}

/** Gateway, nodes and Redis are closed one after another, and each of them has its own deadline. */
const SHUTDOWN_DEADLINE_MS = 15_000;

/** Resolves on SIGINT or SIGTERM, rejects when a part of the cluster cannot go on. */
function untilEnded(): {
  readonly promise: Promise<void>;
  fail(error: unknown): void;
  /** What is left has a deadline from now on. @returns to be called when nothing is left */
  begin(): () => void;
} {
  let end: () => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const promise = new Promise<void>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  promise.catch(() => undefined);
  const ending = new Ending({ name: 'npm start', deadlineMs: SHUTDOWN_DEADLINE_MS });
  const onSignal = (signal: 'SIGINT' | 'SIGTERM'): void => {
    if (ending.begins(signal)) end();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const begin = (): (() => void) => {
    const unbound = ending.bounded();
    return () => {
      unbound();
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    };
  };
  return { promise, fail, begin };
}
