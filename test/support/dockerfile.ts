import { Copy, DockerfileParser } from 'dockerfile-ast';
import { execFile } from 'node:child_process';
import { chmod, cp, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** One line of a stage of a Dockerfile. */
export interface Step {
  keyword: string;
  /** All behind the keyword and its flags. */
  argument: string;
  /** The value of `--from`. */
  from?: string;
  /** What a JSON form says, word by word. */
  words: string[];
}

/** A Dockerfile's stages by their names, each with the steps behind its FROM; the last one is named ''. */
export type Stages = Map<string, { base: string; steps: Step[] }>;

export function stagesOf(text: string): Stages {
  const stages: Stages = new Map();
  let steps: Step[] = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    const keyword = instruction.getKeyword();
    const argument = instruction.getArgumentsContent() ?? '';
    if (keyword === 'FROM') {
      const [base = '', , name = ''] = argument.split(/\s+/);
      steps = [];
      stages.set(name, { base, steps });
      continue;
    }
    const from = instruction instanceof Copy ? instruction.getFromFlag()?.getValue() : undefined;
    steps.push({ keyword, argument, words: wordsOf(argument), ...(from ? { from } : {}) });
  }
  return stages;
}

function wordsOf(argument: string): string[] {
  const json = /\[.*\]$/s.exec(argument)?.[0];
  return json === undefined ? [] : (JSON.parse(json) as string[]);
}

/** What an image says about how it is run. */
export interface Image {
  /** Where its file system begins on this machine. */
  root: string;
  workdir: string;
  env: Record<string, string>;
  user: number;
  entrypoint: string[];
  cmd: string[];
  healthcheck: string[];
}

interface BuildOptions {
  context: string;
  stages: Stages;
  /** An empty directory, in which every stage gets one. */
  directory: string;
}

/**
 * Does the steps of a stage in a directory of this machine, as `docker build` does them in an image: copies what is copied and runs
 * what is run, with absolute paths inside of that directory. What is installed with apt-get is taken from this machine.
 */
export async function buildStage(options: BuildOptions, name: string): Promise<Image> {
  const stage = options.stages.get(name);
  if (!stage) throw new Error(`there is no stage ${name}`);
  const image = options.stages.has(stage.base)
    ? await buildStage(options, stage.base)
    : await emptyImage(options);
  for (const { keyword, argument, from, words } of stage.steps) {
    if (keyword === 'WORKDIR') {
      image.workdir = within(image.root, argument);
      await mkdir(image.workdir, { recursive: true });
    } else if (keyword === 'COPY') {
      const paths = argument.split(/\s+/).filter((word) => !word.startsWith('--'));
      const source = from === undefined ? undefined : await buildStage(options, from);
      const target = paths.at(-1) ?? '';
      for (const path of paths.slice(0, -1)) {
        const file = source ? within(source.root, path) : join(options.context, path);
        const into = target.endsWith('/') ? join(target, path) : target;
        // Linked where it can be: node_modules are thousands of files.
        await run('cp', ['-r', source ? '-l' : '-p', file, resolve(image.workdir, within(image.root, into))]);
      }
    } else if (keyword === 'RUN') {
      if (!argument.startsWith('apt-get ')) await runIn(image, argument);
    } else if (keyword === 'USER') image.user = Number(argument.split(':')[0]);
    else if (keyword === 'ENV') Object.assign(image.env, pairsOf(argument));
    else if (keyword === 'ENTRYPOINT') image.entrypoint = words;
    else if (keyword === 'CMD') image.cmd = words;
    else if (keyword === 'HEALTHCHECK') image.healthcheck = words;
  }
  return image;
}

let images = 0;

async function emptyImage({ directory }: BuildOptions): Promise<Image> {
  images += 1;
  const root = resolve(directory, String(images));
  await mkdir(join(root, 'usr/local/bin'), { recursive: true });
  // Its directory may be closed to others than its owner.
  await cp(process.execPath, join(root, 'usr/local/bin/node'));
  await chmod(join(root, 'usr/local/bin/node'), 0o755);
  return { root, workdir: root, env: {}, user: 0, entrypoint: [], cmd: [], healthcheck: [] };
}

/** The environment and the user that a program of the image has. */
export function runOptionsOf({ root, env, user }: Image) {
  const isRoot = process.getuid?.() === 0;
  return {
    env: { PATH: `${join(root, 'usr/local/bin')}:${process.env['PATH'] ?? ''}`, ...env },
    ...(isRoot && user !== 0 ? { uid: user, gid: user } : {}),
  };
}

/** A word of a command with paths inside of the image. */
export function within(root: string, word: string): string {
  return word.replace(/^(?=\/(app|data|usr\/local)(\/|$))/, root);
}

async function runIn(image: Image, command: string): Promise<void> {
  const moved = command.replaceAll(/(?<=\s)\/(?=app\b|data\b|usr\/local\b)/g, `${image.root}/`);
  // Only root gives files to others.
  const mine = process.getuid?.() === 0 ? moved : moved.replaceAll(/--(owner|group)=\d+/g, '');
  const { env, ...who } = runOptionsOf(image);
  // How packages are reached from here is this machine's matter.
  const options = {
    cwd: image.workdir,
    ...who,
    env: image.user === 0 ? { ...process.env, ...env } : env,
    timeout: 90_000,
  };
  await run('/bin/sh', ['-c', mine.replaceAll(/\\\n/g, '')], options);
}

function pairsOf(argument: string): Record<string, string> {
  return Object.fromEntries(argument.split(/\s+/).map((pair) => pair.split('=', 2) as [string, string]));
}
