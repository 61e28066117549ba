import { httpCall, NoAnswer } from './http-call.js';

const READINESS_TIMEOUT_MS = 2_000;

/**
 * What a node or gateway says about itself at `GET /health/ready`.
 *
 * @returns why it is not ready; null when it is; undefined when it does not answer
 */
export async function readReadiness(url: string): Promise<string | null | undefined> {
  try {
    const options = { timeoutMs: READINESS_TIMEOUT_MS };
    const { status, body } = await httpCall(url, 'GET', '/health/ready', options);
    const { detail } = body;
    if (status === 200) return null;
    return typeof detail === 'string' ? detail : `HTTP ${status}`;
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    return undefined;
  }
}
