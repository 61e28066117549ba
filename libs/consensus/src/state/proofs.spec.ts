import { describe, expect, it } from 'vitest';
import type { Certificate, Verified, ViewChange } from '../messages/index.js';
import { certified } from '../replica-bench.testkit.js';
import { Proofs, bare, certificatesIn, isBare } from './proofs.js';

const STABLE = { ...certified('checkpoint', 'state'), sequence: 4 } as Certificate<'checkpoint'>;

function prepared(sequence: number): Certificate<'prepare'> {
  return { ...certified('prepare', 'b'), sequence } as Certificate<'prepare'>;
}

/** A view-change that reports these certificates, as they are. */
function reporting(
  stable: Certificate<'checkpoint'> | null,
  ...certificates: readonly (Certificate<'prepare'> | null)[]
): Verified<ViewChange> {
  const made: ViewChange = {
    ...{ kind: 'view-change', view: 7, replica: 0, digest: 'vc0', signature: 's' },
    stable: { sequence: stable?.sequence ?? 0, digest: 'state', certificate: stable },
    slots: certificates.map((certificate, index) => ({
      ...{ sequence: certificate?.sequence ?? index, vote: null, certificate },
    })),
  };
  return made as Verified<ViewChange>;
}

describe('certificates in a view-change', () => {
  it.each([
    ['neither signers nor signatures', true, [], []],
    ['signers alone', false, [1], []],
    ['signatures alone', false, [], ['s']],
    ['both', false, [1, 2], ['s']],
  ])('with %s are bare: %s', (_, isClaim, signers, signatures) => {
    expect(isBare({ ...prepared(1), proof: { scheme: 'words', signers, signatures } })).toBe(
      isClaim,
    );
  });

  it('are that of the stable checkpoint and those of the slots, where there are some', () => {
    const [first, second] = [prepared(5), prepared(6)];
    expect(certificatesIn(reporting(STABLE, first, null, second))).toEqual([STABLE, first, second]);
    expect(certificatesIn(reporting(null, null, second))).toEqual([second]);
    expect(certificatesIn(reporting(STABLE))).toEqual([STABLE]);
  });
});

describe('proofs of what is reported', () => {
  it('are learnt once, and never from a claim', () => {
    const proofs = new Proofs();
    expect(proofs.learn([])).toBe(false);
    expect(proofs.learn([bare(prepared(5))])).toBe(false);
    expect(proofs.learn([prepared(5), bare(prepared(6))])).toBe(true);
    expect(proofs.learn([prepared(5)])).toBe(false);
    expect(proofs.unprovenIn(reporting(null, bare(prepared(5)), bare(prepared(6))))).toHaveLength(
      1,
    );
  });

  it('are put in place of claims, while what came with its proof keeps it', () => {
    const proofs = new Proofs();
    const partly = reporting(bare(STABLE), prepared(5), bare(prepared(6)));
    proofs.learn([STABLE]);
    expect(proofs.unprovenIn(partly)).toEqual(['prepare/0/6/b']);
    expect(proofs.complete(partly)).toBeUndefined();
    proofs.learn([prepared(6)]);
    expect(proofs.unprovenIn(partly)).toEqual([]);
    expect(proofs.complete(partly)).toEqual(reporting(STABLE, prepared(5), prepared(6)));
  });

  it('make a view-change complete for good', () => {
    const proofs = new Proofs();
    const claims = reporting(null, bare(prepared(5)));
    proofs.learn([prepared(5)]);
    const complete = proofs.complete(claims);
    proofs.keepOnly([]);
    expect(proofs.complete(claims)).toBe(complete);
    expect(complete).toEqual(reporting(null, prepared(5)));
  });

  it('are forgotten, but for those of statements that are still reported', () => {
    const proofs = new Proofs();
    proofs.learn([STABLE, prepared(5), prepared(6)]);
    proofs.keepOnly([reporting(bare(STABLE)), reporting(null, bare(prepared(6)))]);
    const all = reporting(bare(STABLE), bare(prepared(5)), bare(prepared(6)));
    expect(proofs.unprovenIn(all)).toEqual(['prepare/0/5/b']);
  });
});
