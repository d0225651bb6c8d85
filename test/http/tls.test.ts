import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { pairOf, type Pair, useCertificates } from '../support/certificates.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, useServices } from '../support/service.ts';
import { captured } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const certificates = useCertificates('alertmanager.monitoring');
const body = captured('am0.33.1-single_firing');

const startWith = async (sources: string) => {
  const { ca, server, write } = certificates();
  const files = {
    certFile: await write('server.pem', server.cert),
    keyFile: await write('server.key', server.key),
    clientCaFile: await write('ca.pem', ca.cert),
  };
  return start(nats.freshUrl(), { rules: quickRules(`tls: ${JSON.stringify(files)}\n${sources}`) });
};

function ask(url: string, { client, send }: { client?: Pair; send?: string }) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const options = { ca: certificates().ca.cert, ...client, method: send === undefined ? 'GET' : 'POST', agent: false }; // prettier-ignore
    const asked = request(url, options, (answer) => {
      text(answer).then((all) => resolve({ status: answer.statusCode ?? 0, body: all }), reject);
    });
    asked.once('error', reject);
    asked.end(send);
  });
}

it('serves HTTPS, and a source takes alerts from clients whose certificate has a name that it knows', async () => {
  const { url } = await startWith(
    'sources: [{ name: am, auth: { clientNames: [alertmanager.monitoring] } }]',
  );
  expect(url).toMatch(/^https:/);
  expect(await ask(`${url}/health`, {})).toMatchObject({ status: 200 });
  const path = `${url}/webhook/am`;
  expect(await ask(path, { send: body })).toMatchObject({ status: 403 });
  expect(await ask(path, { send: body, client: certificates().client })).toMatchObject({ status: 200 });

  const { ca } = certificates();
  const other = await pairOf('somebody', { ca, extensions: [{ name: 'extKeyUsage', clientAuth: true }] });
  expect(await ask(path, { send: body, client: other })).toMatchObject({ status: 403 });
  const unsigned = await pairOf('alertmanager.monitoring');
  expect(await ask(path, { send: body, client: unsigned })).toMatchObject({ status: 403 });
});

describe('a client certificate of another name, signed by the same CA', () => {
  type AltName = { type: 1 | 2 | 6; value: string } | { type: 7; ip: string };
  const signed = (altNames: AltName[], commonName = 'somebody') =>
    pairOf(commonName, {
      ca: certificates().ca,
      extensions: [
        { name: 'extKeyUsage', clientAuth: true },
        { name: 'subjectAltName', altNames },
      ],
    });
  const statusOf = async (names: readonly string[], client: Pair) => {
    const { url } = await startWith(
      `sources: [{ name: am, auth: { clientNames: ${JSON.stringify(names)} } }]`,
    );
    return (await ask(`${url}/webhook/am`, { send: body, client })).status;
  };

  it.each<[string, AltName]>([
    ['a URI with it inside', { type: 6, value: 'https://x.example/,DNS:alertmanager.monitoring' }],
    [
      'a URI with it inside, after a space',
      { type: 6, value: 'https://x.example/, DNS:alertmanager.monitoring' },
    ],
    ['a URI with it behind a quote', { type: 6, value: 'https://x.example/",DNS:alertmanager.monitoring,"' }],
    ['an e-mail address with it inside', { type: 1, value: 'x@x.example,DNS:alertmanager.monitoring' }],
    ['a DNS name with it inside', { type: 2, value: 'x.example,DNS:alertmanager.monitoring' }],
    ['a DNS name with it before a zero', { type: 2, value: 'alertmanager.monitoring\0.evil.example' }],
    ['a wildcard', { type: 2, value: '*.monitoring' }],
    ['a URI that it is', { type: 6, value: 'alertmanager.monitoring' }],
  ])('does not pass by %s', async (_, altName) => {
    expect(await statusOf(['alertmanager.monitoring'], await signed([altName]))).toBe(403);
  });

  it('does not pass by the beginning of a URI, nor by an address as a name', async () => {
    const names = ['spiffe://cluster/am', '10.1.2.3'];
    const longer = await signed([
      { type: 6, value: 'spiffe://cluster/am/evil' },
      { type: 2, value: '10.1.2.3' },
    ]);
    expect(await statusOf(names, longer)).toBe(403);
  });

  it.each<[string, AltName, string]>([
    ['DNS', { type: 2, value: 'Alertmanager.monitoring' }, 'alertmanager.monitoring'],
    [
      'URI',
      { type: 6, value: 'spiffe://cluster/ns/monitoring/sa/am,1' },
      'spiffe://cluster/ns/monitoring/sa/am,1',
    ],
    ['e-mail', { type: 1, value: 'am@monitoring.example' }, 'am@monitoring.example'],
    ['IP', { type: 7, ip: '10.1.2.3' }, '10.1.2.3'],
  ])('is told from one with the %s name, which passes', async (_, altName, name) => {
    expect(await statusOf([name], await signed([altName, { type: 2, value: 'other.example' }]))).toBe(200);
  });
});

it('says in which file there is no certificate, and does not start', async () => {
  const rules = quickRules('tls: { certFile: /none.pem, keyFile: /none.key }');
  await expect(start(nats.freshUrl(), { rules })).rejects.toThrow('/none.pem');
});
