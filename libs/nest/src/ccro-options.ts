import type { Broker } from '@ccro/broker';
import type { ClusterConfig } from '@ccro/cluster-config';

/** What an application says of the cluster that it submits to, and of itself. */
export interface CcroOptions {
  /** The cluster file's path, or what was read from it. */
  readonly cluster: string | ClusterConfig;
  /**
   * The client of the cluster file that this application is. No other program may be the same
   * client: both would use the same timestamps. Two instances of an application are two clients.
   */
  readonly clientId: string;
  /** `redis://` or `rediss://`; or a broker of one's own, which the module connects and closes. */
  readonly redis: string | Broker;
  /**
   * The client's private key. Default: the key file beside the cluster file, else, for a cluster of
   * development keys, its development key.
   */
  readonly secretKey?: string | undefined;
  /** File with the private key, in place of `secretKey`. */
  readonly keyFile?: string | undefined;
  /** How long `submit` waits for a decision, in milliseconds. Default 5000. */
  readonly timeoutMs?: number | undefined;
  /** Operations that may wait for their decision at a time, if submitted. Default 2048. */
  readonly maxOutstanding?: number | undefined;
}

/** Injection token of {@link CcroOptions}. */
export const CCRO_OPTIONS = Symbol('CCRO_OPTIONS');
