import type { CellFault, PlanRequest } from '@ccro/experiment';

/** All faults of a cell: the compiler checks that none is missing. */
const FAULTS: Readonly<Record<CellFault, true>> = {
  none: true,
  offline: true,
  falsify: true,
  'false-replies': true,
  equivocate: true,
  'split-collectors': true,
  'double-vote': true,
  'silent-collector': true,
  'forge-certificate': true,
  fabricate: true,
  'false-view-change': true,
  'false-state': true,
  delay: true,
};
export const FAULT_NAMES = Object.keys(FAULTS) as CellFault[];

export const MODE_NAMES = ['pbft', 'ccro'] as const;

/** Whether sizes are numbers of nodes, or of faulty ones. */
export type SizedBy = 'nodes' | 'byzantine';

export interface FormState {
  readonly mode: readonly (typeof MODE_NAMES)[number][];
  readonly sizedBy: SizedBy;
  /** As typed: numbers with commas or spaces between them. */
  readonly sizes: string;
  readonly fault: readonly CellFault[];
  readonly rounds: number;
}

export const FIRST_FORM: FormState = {
  mode: MODE_NAMES,
  sizedBy: 'byzantine',
  sizes: '1, 3, 5',
  fault: ['offline', 'falsify'],
  rounds: 3,
};

/** The sizes of the seed's two tables. */
export const SEED_FORM: FormState = { ...FIRST_FORM, sizes: '1, 5, 10, 15, 20, 25, 30' };

/** What is asked for, or a sentence that says what is missing. */
export function requestOf(form: FormState): PlanRequest | string {
  const { mode, sizedBy, fault, rounds } = form;
  const sizes = form.sizes.split(/[\s,;]+/).filter((text) => text !== '');
  if (sizes.length === 0) return 'Give at least one size.';
  const wrong = sizes.find((text) => !/^\d{1,4}$/.test(text));
  if (wrong !== undefined) return `“${wrong}” is no whole number: give sizes such as 4, 16, 31.`;
  if (mode.length === 0) return 'Choose at least one mode.';
  if (fault.length === 0) return 'Choose at least one fault; none is one of them.';
  return { mode: [...mode], [sizedBy]: sizes.map(Number), fault: [...fault], rounds };
}

/** `list` with `value` in it, or without; in the order of `all`. */
export function toggled<T>(all: readonly T[], list: readonly T[], value: T): T[] {
  return all.filter((each) => (each === value ? !list.includes(each) : list.includes(each)));
}
