import { readRegularFile } from '@ccro/files';
import { OptionError, printable } from '@ccro/program';
import { parseStrictJsonBytes, StrictJsonError } from '@ccro/strict-json';
import type { GatewayApi } from './gateway-api.js';

/**
 * Reads the requests of `--once`: JSON, one request object or a list of them, as strictly as the
 * gateway reads bodies.
 *
 * @throws with the file's name and what is wrong with it
 */
export function readOnceFile(path: string): readonly unknown[] {
  let bytes: Buffer;
  try {
    bytes = readRegularFile(path);
  } catch (error) {
    throw new OptionError('once', path, (error as Error).message);
  }
  let content: unknown;
  try {
    content = parseStrictJsonBytes(bytes);
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error;
    const { code, message } = error;
    throw new OptionError('once', path, code === 'malformed' ? `not JSON (${message})` : message);
  }
  const requests: readonly unknown[] = Array.isArray(content) ? content : [content];
  if (requests.length === 0) throw new OptionError('once', path, 'it holds no request');
  const bad = requests.findIndex((each) => typeof each !== 'object' || each === null);
  if (bad < 0) return requests;
  const example = '{"data": ...} or {"operation": {...}}';
  throw new OptionError('once', path, `request ${bad + 1} is no object; write ${example}`);
}

/**
 * Submits one request after another, each after the report of the one before.
 *
 * @returns whether all were decided
 */
export async function submitOnce(
  gateway: GatewayApi,
  requests: readonly unknown[],
  print: (line: string) => void,
  reports: { begin(): Promise<void>; finished(): Promise<void> },
): Promise<boolean> {
  let allDecided = true;
  for (const request of requests) {
    await reports.begin();
    const outcome = await gateway.submit(request);
    await reports.finished();
    if (outcome.kind === 'decided') continue;
    allDecided = false;
    const { httpStatus, detail, id } = outcome;
    const which = id === undefined ? '' : ` [${id}]`;
    print(`Not decided (${httpStatus}): ${printable(`${detail}${which}`)}`);
  }
  return allDecided;
}
