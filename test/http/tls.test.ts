import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
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

it('says in which file there is no certificate, and does not start', async () => {
  const rules = quickRules('tls: { certFile: /none.pem, keyFile: /none.key }');
  await expect(start(nats.freshUrl(), { rules })).rejects.toThrow('/none.pem');
});
