import { vi } from 'vitest';
import { runCommand } from '../../src/commands/program.ts';

/** What a command wrote and ended with. */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a command in this process: a process for each would take a third of a second. One at a time; `columns` makes standard
 * output a terminal of that width.
 */
export async function run(
  args: readonly string[],
  env: Record<string, string> = {},
  columns?: number,
): Promise<Ran> {
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((part) => {
      written[name] += part.toString();
      return true;
    }),
  );
  const before = { env: process.env, exitCode: process.exitCode, isTTY: process.stdout.isTTY };
  const listeners = signals.map((name) => [name, process.listeners(name)] as const);
  process.env = { ...process.env, NO_COLOR: '1', ...env };
  process.exitCode = 0;
  // It is no terminal, and asks nobody for colours.
  const getColorDepth = () => 1;
  Object.assign(process.stdout, { isTTY: columns !== undefined, columns: columns ?? 80, getColorDepth });
  try {
    await runCommand(args);
    return { code: process.exitCode, ...written };
  } finally {
    Object.assign(process.stdout, { isTTY: before.isTTY });
    process.env = before.env;
    process.exitCode = before.exitCode;
    spies.forEach((spy) => spy.mockRestore());
    process.stdout.removeAllListeners('error');
    for (const [name, kept] of listeners) {
      for (const each of process.listeners(name)) if (!kept.includes(each)) process.off(name, each);
    }
  }
}
