import type { Comparison } from '@ccro/experiment';

/** What the comparison comes to, in a sentence. */
export function inWords({ modes, nodes, byzantine }: Comparison): string {
  const deliveries = (mode: string): number | undefined => {
    const found = modes.find((each) => each.mode === mode);
    return found?.outcome === 'decided' ? found.decision.deliveries : undefined;
  };
  const [pbft, ccro] = [deliveries('pbft'), deliveries('ccro')];
  const where = `with ${nodes} nodes, ${byzantine === 0 ? 'none' : byzantine} of them faulty`;
  if (pbft === undefined && ccro === undefined) return `Neither decided in time, ${where}.`;
  if (pbft === undefined) return `Only CCRO decided in time, ${where}.`;
  if (ccro === undefined) return `Only PBFT decided in time, ${where}.`;
  const ratio = `${(Math.max(pbft, ccro) / Math.min(pbft, ccro)).toFixed(1)} times as many`;
  const more = pbft >= ccro ? `PBFT ${ratio}` : `CCRO ${ratio}`;
  return `PBFT took ${pbft} messages, CCRO ${ccro}: ${more}, ${where}.`;
}
