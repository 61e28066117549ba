/**
 * Whether a client has the cluster file that the nodes have, as far as they say.
 *
 * Invariant kept here: f liars cannot make a setting seem different. A setting differs if f + 1 nodes
 * say so, unless a quorum of nodes, which can decide, has the same file as the client.
 */

import { alsoCodec, MAX_SETTINGS, SETTING } from '@ccro/wire';
import { differingSettings, type ClusterSize, type Settings } from '@ccro/consensus';

/**
 * @param answers of distinct nodes, to queries that are answered with `settings`; anything at all
 * @returns names of the settings that differ, ascending
 */
export function settingsThatDiffer(
  own: Settings,
  answers: readonly unknown[],
  { quorum, weakQuorum }: ClusterSize,
): readonly string[] {
  const differing = answers
    .map(settingsIn)
    .filter((settings) => settings !== undefined)
    .map((settings) => differingSettings(own, settings));
  if (differing.filter(({ length }) => length === 0).length >= quorum) return [];
  const counts = new Map<string, number>();
  for (const name of differing.flat()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count >= weakQuorum)
    .map(([name]) => name)
    .sort();
}

/** What a client knows of it, by the latest answers. */
export class SettingsOfNodes {
  /** Names of the settings that differ, ascending. */
  differing: readonly string[] = [];

  /** @param onChange told of `differing` whenever it changes */
  constructor(
    private readonly own: Settings | undefined,
    private readonly size: ClusterSize,
    private readonly onChange: (differing: readonly string[]) => void = () => undefined,
  ) {}

  /** Takes what distinct nodes answered. */
  note(answers: readonly unknown[]): void {
    if (this.own === undefined) return;
    const differing = settingsThatDiffer(this.own, answers, this.size);
    if (differing.join() === this.differing.join()) return;
    this.differing = differing;
    this.onChange(differing);
  }
}

/** What the log and readiness of a client say. */
export function differingSettingsText(settings: readonly string[]): string {
  return (
    `the nodes have another cluster file than this client, with other ${settings.join(', ')}: ` +
    `nodes and clients need the same${alsoCodec(settings)}; give it the one that the nodes have and restart it`
  );
}

/** Undefined where a node, perhaps of an earlier version, says nothing of them. */
function settingsIn(answer: unknown): Settings | undefined {
  if (typeof answer !== 'object' || answer === null || !('settings' in answer)) return undefined;
  const { settings } = answer;
  if (!Array.isArray(settings) || settings.length > MAX_SETTINGS) return undefined;
  return settings.every((entry) => typeof entry === 'string' && SETTING.test(entry))
    ? (settings as Settings)
    : undefined;
}
