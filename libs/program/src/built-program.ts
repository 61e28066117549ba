import { fileURLToPath } from 'node:url';

const BUILT = '/dist/';

/**
 * The file of a built program, for starting it in a process of its own.
 *
 * @param name `node` or `gateway`
 * @param from `import.meta.url` of a built module, bundled or not
 */
export function builtProgram(name: 'node' | 'gateway', from: string): string {
  const end = from.lastIndexOf(BUILT) + BUILT.length;
  if (end < BUILT.length) throw new RangeError(`${from} was not built: npm run build`);
  return fileURLToPath(new URL(`programs/${name}.js`, from.slice(0, end)));
}
