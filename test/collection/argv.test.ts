import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shownArgv } from '../../src/programs/shown-argv.ts';
import { readRange } from '../../src/log/read.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { until } from '../support/until.ts';
import { eventsOf, whenThere } from '../support/log.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, useServices } from '../support/service.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const secret = 'hunter2';

describe('a command line as events show it', () => {
  it.each([
    [['x', '--token', secret, '--pod', 'p'], ['x', '--token', '***', '--pod', 'p']],
    [['x', `--password=${secret} and more`], ['x', '--password=***']],
    [['x', '--apiToken', secret], ['x', '--apiToken', '***']],
    [['x', '--access-key', secret, '--key', 'a'], ['x', '--access-key', '***', '--key', 'a']],
    [['x', '--token', '--password', secret], ['x', '--token', '***', '***']],
    [['curl', '-H', `Authorization: Bearer ${secret}`], ['curl', '-H', 'Authorization: ***']],
    [['curl', `-HX-Api-Key: ${secret}`], ['curl', '-HX-Api-Key: ***']],
    [['curl', '-H', `Cookie: a=${secret}; b=${secret}`], ['curl', '-H', 'Cookie: ***']],
    [['curl', '-u', `me:${secret}`], ['curl', '-u', 'me:***']],
    [['x', `https://me:${secret}@host/p`], ['x', 'https://***@host/p']],
    [['sh', '-c', `x -a --token ${secret}`], ['sh', '-c', 'x -a --token ***']],
    [['x', `postgres://me:${secret}/@${secret}@host/db`], ['x', 'postgres://***@host/db']],
    [['x', `https://${secret}@host:1`], ['x', 'https://***@host:1']],
    [['x', `https://host/p?access_token=${secret}&pod=p`], ['x', 'https://host/p?access_token=***&pod=p']],
    [['env', `PGPASSWORD=${secret}`, 'x'], ['env', 'PGPASSWORD=***', 'x']],
    [['java', `-Djavax.net.ssl.keyStorePassword=${secret}`], ['java', '-Djavax.net.ssl.keyStorePassword=***']],
    [['sh', '-c', `x --pod p --token ${secret} -v`], ['sh', '-c', 'x --pod p --token *** -v']],
    [['x', `--header=token=${secret}`], ['x', '--header=token=***']],
    [['x', `{"password": "a\\"${secret}", "pod": "p"}`], ['x', '{"password": ***, "pod": "p"}']],
    [['x', `Bearer ${secret}`], ['x', 'Bearer ***']],
    [['x', `ghp_${secret}${secret}`], ['x', '***']],
    [['x', '--token-file', '/run/secrets/t', '--auth-type', 'basic'], ['x', '--token-file', '/run/secrets/t', '--auth-type', 'basic']],
    [['hemako', 'jfr', 'collect', '--pod', 'token-0', '--kube-context', 'arn:aws:eks:1:cluster/a', '30s'], ['hemako', 'jfr', 'collect', '--pod', 'token-0', '--kube-context', 'arn:aws:eks:1:cluster/a', '30s']],
  ])('of %j has no secret, and the rest of it', (argv, shown) => {
    expect(shownArgv(argv)).toEqual(shown);
  }); // prettier-ignore

  it('never shows what follows the name of a secret, whatever stands around it', () => {
    const word = fc.stringMatching(/^[a-z0-9./:=@ '"-]{0,12}$/);
    const name = fc.constantFrom(
      'token',
      'api-key',
      'PASSWORD',
      'clientSecret',
      'x-auth-token',
      'passphrase',
    );
    // A word of its own that stands nowhere else.
    const value = fc.stringMatching(/^Q[A-Z0-9_+-]{6,20}Q$/);
    const placed = fc.oneof(
      fc.tuple(word, name, value).map(([before, flag, hidden]) => ({ argv: [before, `--${flag}`, hidden], hidden })), // prettier-ignore
      fc.tuple(word, name, value).map(([before, flag, hidden]) => ({ argv: [`${before} ${flag}=${hidden}`], hidden })), // prettier-ignore
      fc.tuple(word, name, value).map(([before, flag, hidden]) => ({ argv: [`${before} ${flag}: ${hidden}`], hidden })), // prettier-ignore
      fc.tuple(word, name, value).map(([before, flag, hidden]) => ({ argv: [`${before} --${flag} ${hidden}`], hidden })), // prettier-ignore
      fc.tuple(word, value).map(([user, hidden]) => ({ argv: [`http://${user.replaceAll(/[\s/?#'"]/g, '')}:${hidden}@h`], hidden })), // prettier-ignore
    );
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 4 }),
        placed,
        fc.array(word, { maxLength: 4 }),
        (before, { argv, hidden }, after) => {
          // prettier-ignore
          const shown = shownArgv(['x', ...before, ...argv, ...after]).join('\n');
          expect(shown).not.toContain(hidden);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('is bounded, says what was cut, and takes no time to make', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary', maxLength: 600 }), { minLength: 1, maxLength: 80 }),
        (argv) => {
          // prettier-ignore
          const shown = shownArgv(argv);
          expect(shown.length).toBeLessThanOrEqual(51);
          expect(shown.join('').length).toBeLessThanOrEqual(2_100);
          expect(shown.every((argument) => argument.length <= 256)).toBe(true);
          const left = argv.length - shown.length + 1;
          if (shown.length !== argv.length) expect(shown.at(-1)).toMatch(new RegExp(`^… ${String(left)} more argument`)); // prettier-ignore
        },
      ),
    );
    expect(shownArgv(['x', 'y'.repeat(300)])).toEqual(['x', `${'y'.repeat(255)}…`]);
    const begun = performance.now();
    for (const part of ['a-', '--a ', 'http://a:', 'token=', 'Bearer ', 'eyJ', ' '])
      shownArgv(Array.from({ length: 50 }, () => part.repeat(10_000)));
    expect(performance.now() - begun).toBeLessThan(3_000);
  });
});

describe('the events of an attempt', () => {
  const rules = quickRules(`collections:
  - { match: ['alertname=~".+"'], collector: mine, durationSeconds: 0.05, maxAttempts: 1 }
collectors: { mine: { command: [sh, -c, 'exec sleep 300', --, --token, ${secret}, '--pod={pod}'] } }
`);
  const shown = ['sh', '-c', 'exec sleep 300', '--', '--token', '***', '--pod=crate-7'];
  const failing = (rest: string) =>
    quickRules(`collections:
  - { match: ['alertname=~".+"'], collector: mine, durationSeconds: 0.05, maxAttempts: 1 }
collectors: { mine: { command: ['false', --password=${secret}, --pod, '{pod}'] ${rest} } }
`);

  it('name its command line before it runs: a process that is killed has left it', async () => {
    const service = await start(nats.freshUrl(), { rules });
    await service.post(alertBody({ pod: 'crate-7' }));
    const { connection } = service.app.log;
    const [started] = await whenThere(connection, 'CollectionAttemptStarted');
    expect(started?.data.argv).toEqual(shown);
    expect(await eventsOf(connection, 'CollectionAttemptFailed')).toEqual([]);
    const [item] = await service.collections();
    const explained = JSON.stringify(await service.get(`/api/v1/explain/${item?.id ?? ''}`));
    expect(explained).toContain("ran: sh -c 'exec sleep 300' -- --token *** --pod=crate-7");
  });

  it('name it when it failed, in the API and for people; its secrets are nowhere', async () => {
    const lines: string[] = [];
    const service = await start(nats.freshUrl(), { rules: failing('') }, (line) => lines.push(line));
    await service.post(alertBody({ pod: 'crate-7' }));
    const [item] = await service.whenState('failed');
    const argv = ['false', '--password=***', '--pod', 'crate-7'];
    const path = `/api/v1/collections/${item?.id ?? ''}`;
    const story = await service.get(path);
    expect(story.attempts).toMatchObject([{ argv, error: { code: 'collector-exited', argv } }]);
    const explained = JSON.stringify(await service.get(`/api/v1/explain/${item?.id ?? ''}`));
    expect(explained.match(/ran: false --password=\*\*\* --pod crate-7/g)).toHaveLength(1);
    const replayed = JSON.stringify(await service.get(`${path}/replay`));
    expect(replayed).toContain('"--password=***"');
    await until('the failure to be logged', () => lines.some((line) => line.includes('CollectionFailed')));
    const stream: string[] = [];
    for await (const { body } of readRange(service.app.log.connection, streamName, { filter: 'aw.>' }))
      stream.push(Buffer.from(body).toString());
    expect(stream.length).toBeGreaterThan(4);
    for (const text of [...stream, ...lines, JSON.stringify(story), explained, replayed])
      expect(text).not.toContain(secret);
  });

  it('name no argument where the collector says so', async () => {
    const service = await start(nats.freshUrl(), { rules: failing(', hideArguments: true') });
    await service.post(alertBody({ pod: 'crate-7' }));
    const [item] = await service.whenState('failed');
    const { attempts } = await service.get(`/api/v1/collections/${item?.id ?? ''}`);
    expect(attempts).toMatchObject([{ argv: ['false', '***'], error: { argv: ['false', '***'] } }]);
  });
});
