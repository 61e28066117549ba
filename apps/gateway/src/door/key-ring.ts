import { timingSafeEqual } from 'node:crypto';
import { apiKeyDigest, type ApiKey } from '@ccro/cluster-config';

/** What a caller shows: a key that is known, one that is not, or nothing. */
export type Shown = ApiKey | 'unknown' | 'none';

/** The keys that the gateway knows, by their digests alone. */
export class KeyRing {
  private readonly digests: readonly { readonly digest: Buffer; readonly key: ApiKey }[];

  constructor(keys: readonly ApiKey[]) {
    this.digests = keys.map((key) => ({ digest: Buffer.from(key.sha256, 'hex'), key }));
  }

  /**
   * Looks up what an `Authorization` header shows. It takes as long for every key, known or not:
   * all are compared, each in constant time.
   *
   * @param orBasic whether the password of `Basic` is taken for a key too
   */
  identify(authorization: string | undefined, orBasic = false): Shown {
    const key = shownKey(authorization, orBasic);
    if (key === undefined) return authorization === undefined ? 'none' : 'unknown';
    const shown = apiKeyDigest(key);
    let found: ApiKey | undefined;
    for (const { digest, key: known } of this.digests) {
      if (timingSafeEqual(digest, shown)) found = known;
    }
    return found ?? 'unknown';
  }
}

function shownKey(authorization: string | undefined, orBasic: boolean): string | undefined {
  const [, scheme = '', value = ''] = /^(bearer|basic) +(\S+)$/i.exec(authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme === '' || !orBasic) return undefined;
  const text = Buffer.from(value, 'base64').toString('utf8');
  return text.slice(text.indexOf(':') + 1);
}
