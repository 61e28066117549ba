import { timingSafeEqual } from 'node:crypto';
import { apiKeyDigest, type ApiKey } from '@ccro/cluster-config';

/** What a caller shows: a key that is known, one that is not, or nothing. */
export type Shown = ApiKey | 'unknown' | 'none';

interface KnownKey {
  readonly digest: Buffer;
  readonly key: ApiKey | undefined;
}

/** What is compared where no key is known. */
const NOBODY: readonly KnownKey[] = [{ digest: Buffer.alloc(32), key: undefined }];

/** The keys that the gateway knows, by their digests alone. */
export class KeyRing {
  /** By the first four bytes of the digest. */
  private readonly known = new Map<number, KnownKey[]>();

  constructor(keys: readonly ApiKey[]) {
    for (const key of keys) {
      const digest = Buffer.from(key.sha256, 'hex');
      const start = digest.readUInt32BE();
      this.known.set(start, [...(this.known.get(start) ?? []), { digest, key }]);
    }
  }

  /**
   * Looks up what an `Authorization` header shows, in the same time for every key, known or not.
   * Digests are found by their beginning, which reveals nothing of a key, and then compared in
   * constant time.
   *
   * @param orBasic whether the password of `Basic` is taken for a key too
   */
  identify(authorization: string | undefined, orBasic = false): Shown {
    const key = shownKey(authorization, orBasic);
    if (key === undefined) return authorization === undefined ? 'none' : 'unknown';
    const shown = apiKeyDigest(key);
    const candidates = this.known.get(shown.readUInt32BE()) ?? NOBODY;
    const found = candidates.find(({ digest }) => timingSafeEqual(digest, shown));
    return found?.key ?? 'unknown';
  }
}

function shownKey(authorization: string | undefined, orBasic: boolean): string | undefined {
  const [, scheme = '', value = ''] = /^(bearer|basic) +(\S+)$/i.exec(authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme === '' || !orBasic) return undefined;
  const text = Buffer.from(value, 'base64').toString('utf8');
  return text.slice(text.indexOf(':') + 1);
}
