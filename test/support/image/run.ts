import { execFile } from 'node:child_process';

/**
 * Runs a program to its end in a mount namespace of its own, so that nothing that it mounts outlives it. Resolves to its stdout;
 * fails with the ends of its outputs.
 */
export function run(
  argv: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const limits = { maxBuffer: 64 * 1024 * 1024, timeout: 240_000 };
  return new Promise((resolve, reject) => {
    execFile('unshare', ['--mount', ...argv], { ...limits, ...options }, (error, stdout, stderr) => {
      if (!error) resolve(stdout.trim());
      else reject(new Error(`${argv.join(' ')} failed:\n${stdout.slice(-2_000)}\n${stderr.slice(-4_000)}`));
    });
  });
}
