import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { AttemptFailed } from '../kernel/react/failures.ts';

const words = {
  'collector-not-found': (program: string) => `there is no program ${program} on this machine's PATH`,
  'collector-not-executable': (program: string) => `${program} may not be executed`,
};

export function programFailure(
  program: string,
  code: keyof typeof words,
  details?: AttemptFailed['details'],
): AttemptFailed {
  return new AttemptFailed(code, words[code](program), details);
}

/**
 * How starting a program would fail, found as execvp(3) finds programs but without starting it; undefined where it can be
 * started. A relative path with a slash names a file in the empty directory of an attempt, so that none is ever there.
 */
export async function whyNotStartable(
  program: string,
  path = process.env['PATH'] ?? '',
): Promise<AttemptFailed | undefined> {
  const directories = program.includes('/') ? [] : path.split(delimiter).filter(Boolean);
  const candidates = isAbsolute(program) ? [program] : directories.map((each) => join(each, program));
  let isThere = false;
  for (const file of candidates) {
    const entry = await stat(file).catch(() => undefined);
    if (entry?.isFile() && (await isExecutable(file))) return undefined;
    isThere ||= entry !== undefined;
  }
  return programFailure(program, isThere ? 'collector-not-executable' : 'collector-not-found');
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
