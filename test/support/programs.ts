import { spawnSync } from 'node:child_process';
import type { TestProject } from 'vitest/node';

/** System programs that some tests need, and how to find out whether they are there. */
const programs = {
  alertmanager: ['prometheus-alertmanager', '--version'],
  amtool: ['amtool', '--version'],
  jdk: ['jcmd', '-h'],
  prometheus: ['prometheus', '--version'],
  promtool: ['promtool', '--version'],
  script: ['script', '--version'],
  chromium: ['chromium', '--version'],
} as const;

/** Other nats-servers, named by variables: .ci/nats-servers unpacks them. */
const servers = { newestServer: 'NATS_SERVER_NEWEST', oldServer: 'NATS_SERVER_OLD' } as const;

/** What building and running the image takes, beside root. */
const containers = ['buildah', 'debootstrap', 'crun'];

export type Program = keyof typeof programs | keyof typeof servers | 'containers';

/** Looks once which programs are there. Absent: their tests skip with one visible line; under CI it is a failure. */
export default function setup(project: TestProject): void {
  const found: Record<string, boolean> = {};
  for (const [name, [command, ...args]] of Object.entries(programs)) {
    found[name] = spawnSync(command, args, { stdio: 'ignore' }).error === undefined;
    if (found[name]) continue;
    if (process.env['CI'] === 'true') throw new Error(`CI must have ${command}: install it, as .ci/run does`);
    process.stdout.write(`SKIPPED: tests that need ${name}: there is no ${command} on PATH\n`);
  }
  for (const [name, variable] of Object.entries(servers)) {
    const path = process.env[variable];
    found[name] = Boolean(path);
    if (path && spawnSync(path, ['--version'], { stdio: 'ignore' }).error)
      throw new Error(`${variable} is ${path}, which cannot be run`);
    if (path) continue;
    if (process.env['CI'] === 'true')
      throw new Error(`CI must have another nats-server: set ${variable}, as .ci/run does`);
    process.stdout.write(
      `SKIPPED: tests that need ${name}: ${variable} names no nats-server (.ci/nats-servers)\n`,
    );
  }
  const lacking = containers.filter((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).error);
  if (process.getuid?.() !== 0) lacking.push('root');
  found['containers'] = lacking.length === 0;
  if (lacking.length > 0) {
    const needs = `building and running the image needs ${lacking.join(', ')}`;
    if (process.env['CI'] === 'true')
      throw new Error(`CI must have it all: ${needs} (.ci/run installs them)`);
    process.stdout.write(`SKIPPED: tests of the image: ${needs}\n`);
  }
  project.provide('programs', found);
}

declare module 'vitest' {
  interface ProvidedContext {
    programs: Record<Program, boolean>;
  }
}
