import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeEvent } from '../../src/events/envelope.ts';
import { fingerprintOf } from '../../src/events/fingerprint.ts';
import { itemOf } from '../../src/ingest/admission.ts';
import { formatOf } from '../../src/ingest/formats/formats.ts';
import type { RedactConfig } from '../../src/ingest/redact/options.ts';
import { createRedaction } from '../../src/ingest/redact/redaction.ts';
import { sift } from '../../src/ingest/sift.ts';
import { newsIn } from '../../src/ingest/renew.ts';
import type { StoredEvent } from '../../src/events/envelope.ts';
import { quickRules } from '../support/service.ts';

const receivedAt = '2026-11-20T19:10:41.000Z';
const startsAt = '2026-11-20T19:10:36.608863299Z';
const forms = { alertmanager: formatOf({ format: 'alertmanager' }), alerts: formatOf({ format: 'alerts' }) };

/** The messages of a body, as the stream would have them. */
const messagesOf = (redact: RedactConfig | undefined, body: unknown, form = forms.alertmanager) => {
  const parsed = form.parse(body, { source: 's', receivedAt });
  if ('fault' in parsed) throw new Error(parsed.fault.message);
  const source = { name: 's', format: form, isWanted: () => true };
  const redaction = createRedaction(redact);
  return parsed.alerts.flatMap((alert) => {
    const item = itemOf(sift(alert, source, redaction), 1_000_000, undefined);
    return item ? [{ event: item.event, text: JSON.stringify(encodeEvent(item.event)) }] : [];
  });
};
const bodyOf = (labels: object, more: object = {}, around: object = {}) => ({
  version: '4',
  alerts: [{ status: 'firing', labels: { alertname: 'A', ...labels }, startsAt, ...more }],
  ...around,
});
const storedOf = (redact: RedactConfig | undefined, ...body: Parameters<typeof bodyOf>) => {
  const [message] = messagesOf(redact, bodyOf(...body));
  if (!message) throw new Error('nothing is stored');
  return message.event;
};

/** As Go quotes a text, roughly: what is not printable as an escape. */
const quoted = (text: string) => JSON.stringify(text);
/** Of characters that are quoted and escaped, too; long enough to be in no message by chance. */
const unit = fc.oneof(fc.constantFrom(' ', '"', '\\', '+', '%', '&', 'é', '\n'), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 })); // prettier-ignore
const secret = fc
  .array(unit, { minLength: 12, maxLength: 40 })
  .map((units) => units.join(''))
  .filter((text) => text.isWellFormed() && !/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(text));
const query = (text: string) => new URLSearchParams({ q: text }).toString().slice(2);
/** Also as it is written within a URL, within quotes, and within both. */
const isIn = (text: string, value: string) =>
  [value, quoted(value).slice(1, -1)]
    .flatMap((each) => [each, encodeURIComponent(each), query(each), encodeURIComponent(query(each))])
    .some((each) => text.includes(each) || text.includes(JSON.stringify(each).slice(1, -1)) || text.includes(JSON.stringify(JSON.stringify(each)).slice(3, -3))); // prettier-ignore
const some = { labels: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string(), { maxKeys: 5 }) };

describe('whatever the alert', () => {
  const redacts = fc.constantFrom<RedactConfig>(
    { drop: ['customer'] },
    { drop: ['cust.*r'] },
    { mask: ['customer'] },
  );

  it('a value that is dropped or masked by its name is in no message, though the fields around the labels repeat it', () => {
    const url = (text: string) => fc.constantFrom(text, encodeURIComponent(text), encodeURIComponent(quoted(text)), query(`a{b=${quoted(text)}}`), encodeURIComponent(query(text))); // prettier-ignore
    const alert = secret.chain((value) =>
      fc.record({
        ...{ value: fc.constant(value), redact: redacts, labels: some.labels, annotations: some.labels },
        place: fc.constantFrom('labels', 'annotations'),
        groupKey: fc.constantFrom(`{}:{alertname="A", customer=${quoted(value)}}`, value, ''),
        ...{ generatorURL: url(value), externalURL: url(value), receiver: fc.constantFrom('r', value) },
        ...{ endsAt: fc.constantFrom('0001-01-01T00:00:00Z', value), notification_reason: fc.constantFrom('', value) },
        fingerprint: fc.constantFrom(undefined, value, `host/${value}`),
      }),
    ); // prettier-ignore
    fc.assert(
      fc.property(alert, (each) => {
        const { value, redact, labels, annotations, place, generatorURL, endsAt, fingerprint, ...around } =
          each;
        const texts = place === 'labels' ? { labels: { ...labels, customer: value }, annotations } : { labels, annotations: { ...annotations, customer: value } }; // prettier-ignore
        fc.pre(!isIn(JSON.stringify([labels, annotations]), value));
        const more = {
          annotations: texts.annotations,
          generatorURL: `http://p/graph?g0.expr=${generatorURL}`,
          endsAt,
        };
        const body = bodyOf(texts.labels, { ...more, ...(fingerprint === undefined ? {} : { fingerprint }) }, around); // prettier-ignore
        const [plain] = messagesOf(undefined, body);
        const [message] = messagesOf(redact, body);
        expect(isIn(plain?.text ?? '', value)).toBe(true);
        expect(message).toBeDefined();
        expect(isIn(message?.text ?? '', value), message?.text).toBe(false);
      }),
    );
  });

  it('with a title or without, so is a value anywhere in it that matches a pattern', () => {
    const redact = { drop: ['secret'], values: ['[a-z]{6}@example\\.com', 'tok-[0-9]{8}'] };
    const values = fc.constantFrom('qwerty@example.com', 'tok-12345678');
    const alert = fc.record({ value: values, at: fc.nat(8), other: some.labels });
    fc.assert(
      fc.property(alert, ({ value, at, other }) => {
        const text = `see ${value} or https://x/?t=${value}&a=1`;
        const fields = [
          { title: `Failure of ${value}` },
          { description: text },
          { type: text },
          { source: { name: text } },
          { context: { where: text } },
          { context: { deep: { list: [{ a: text }] } } },
          { data: { [value]: 1, secret: { any: value } } },
          { metrics: { a: [text], secret: value } },
          { id: value },
        ];
        const alerts = [{ title: 'x', context: other, ...fields[at] }];
        const body = { alerts, batch_id: `batch ${value}`, metadata: { a: { b: text }, secret: value } };
        const [plain] = messagesOf(undefined, body, forms.alerts);
        const [message] = messagesOf(redact, body, forms.alerts);
        expect(plain?.text).toContain(value);
        expect(message?.text).not.toContain(value);
        // The name that a title becomes has lost what pointed it out.
        expect(message?.text).not.toMatch(/QwertyExampleCom|Tok12345678/);
      }),
    );
  });

  it('what is asked for by no pattern is stored as it was sent, byte by byte', () => {
    fc.assert(
      fc.property(some.labels, some.labels, (labels, annotations) => {
        const body = bodyOf(
          labels,
          { annotations, generatorURL: 'http://p/%zz?a=%7B' },
          { groupKey: '{}:{a="\\q"}' },
        );
        const redact = { drop: ['none_.*'], values: ['never-[0-9]+'] };
        expect(messagesOf(redact, body)).toEqual(messagesOf(undefined, body));
      }),
    );
  });
});

describe('an alert that is redacted', () => {
  const labels = { pod: 'p-0', customer: 'acme', team: 'cloud', mail: 'ada@example.com and bob@example.com' };
  const redact = { drop: ['customer'], mask: ['team'], values: ['[\\w.]+@[\\w.]+'] };

  it('has its labels as they are stored, and the fingerprint of those that were sent', () => {
    const { data, id, subject } = { subject: '', ...storedOf(redact, labels) };
    expect(subject).toBeDefined();
    expect(data.labels).toEqual({
      alertname: 'A',
      pod: 'p-0',
      team: '[redacted]',
      mail: '[redacted] and [redacted]',
    });
    expect(data).toMatchObject({
      fingerprint: fingerprintOf({ alertname: 'A', ...labels }),
      ownFingerprint: true,
    });
    // Whoever turns redaction on or off has the same alerts, under the same ids.
    expect(id).toBe(storedOf(undefined, labels).id);
    expect(encodeEvent(storedOf(redact, labels)).subject).toBe(
      encodeEvent(storedOf(undefined, labels)).subject,
    );
  });

  it('stays another one than that which differs only by what is dropped', () => {
    const [one, two] = ['acme', 'emca'].map((customer) => storedOf(redact, { ...labels, customer }));
    expect(one?.data.labels).toEqual(two?.data.labels);
    expect(one?.id).not.toBe(two?.id);
  });

  it('keeps what decisions and subjects are made of, whatever the patterns for values match', () => {
    const needed = {
      namespace: 'n',
      pod: 'p',
      kube_context: 'k',
      sts: 's',
      severity: 'critical',
      container: 'c',
    };
    const { data } = storedOf({ values: ['\\w+'] }, { ...needed, other: 'o' }, { annotations: { pod: 'p' } });
    expect(data.labels).toEqual({ alertname: 'A', ...needed, other: '[redacted]' });
    expect(data.annotations).toEqual({ pod: '[redacted]' });
  });

  it('has JSON in an annotation redacted name by name', () => {
    const details = '{"customer":"acme","n":4111111111111111,"list":[{"team":{"a":1}},"x@y.z"]}';
    const config = { ...redact, values: [...redact.values, '[0-9]{16}'] };
    const { data } = storedOf(config, {}, { annotations: { details, number: '12', broken: '{"customer":' } });
    expect(data.annotations).toEqual({
      details: '{"n":"[redacted]","list":[{"team":"[redacted]"},"[redacted]"]}',
      ...{ number: '12', broken: '{"customer":' },
    });
  });

  it('has JSON that stands in texts of JSON redacted as well', () => {
    const nested = (value: unknown, times: number): string =>
      times === 0 ? JSON.stringify(value) : nested(JSON.stringify(value), times - 1);
    const message = {
      body: JSON.stringify({ customer: 'acme', said: JSON.stringify({ team: 'red', n: 1 }) }),
    };
    const annotations = {
      details: JSON.stringify(message),
      ...{ quoted: nested({ customer: 'acme' }, 2), deep: nested({ customer: 'acme' }, 6) },
      ...{ plain: '"said" acme', text: '"said"', list: '["[a", "{b", "\\"c"]' },
    };
    const { data } = storedOf(redact, {}, { annotations });
    const { details, quoted: inQuotes, deep, ...others } = data.annotations;
    expect(JSON.parse(details ?? '')).toEqual({ body: '{"said":"{\\"team\\":\\"[redacted]\\",\\"n\\":1}"}' });
    expect(inQuotes).toBe(nested({}, 2));
    expect(deep).toContain('[redacted]');
    expect(deep).not.toContain('acme');
    const { plain, text, list } = annotations;
    expect(others).toEqual({ plain, text, list });
  });

  it('that is nested without end, or is longer than anybody reads, is masked and not waited for', () => {
    const annotations = { deep: `${'['.repeat(50_000)}${']'.repeat(50_000)}`, long: 'a@'.repeat(200_000) };
    const { data } = storedOf(redact, {}, { annotations });
    expect(data.annotations['deep']).toMatch(/^\[+"\[redacted\]"\]+$/);
    expect(data.annotations['long']).toBe('[redacted]');
  });

  it('keeps the page of its rule where that repeats nothing', () => {
    const generatorURL = 'http://prometheus:9090/graph?g0.expr=up%7Bjob%3D%22crate%22%7D+%3D%3D+0&g0.tab=1';
    expect(storedOf(redact, labels, { generatorURL }).data.generatorURL).toBe(generatorURL);
    const repeating = generatorURL.replace('crate', 'acme');
    expect(storedOf(redact, labels, { generatorURL: repeating }).data.generatorURL).toBe('');
    const groupKey = '{}:{mail="ada@example.com"}';
    expect(storedOf(redact, {}, {}, { groupKey }).data.groupKey).toBe('{}:{mail="[redacted]"}');
  });

  it('is wanted or not by what was sent, though it is not stored', () => {
    const [parsed] = messagesOf(undefined, bodyOf(labels));
    const isWanted = ({ customer }: Readonly<Record<string, string>>) => customer === 'acme';
    const source = { name: 's', format: forms.alertmanager, isWanted };
    const sifted = sift({ alert: parsed?.event.data ?? ({} as never) }, source, createRedaction(redact));
    expect(sifted).toHaveProperty('alert.labels.team', '[redacted]');
    expect(sifted).not.toHaveProperty('alert.labels.customer');
  });

  it('is answered and counted by its masked title where it is malformed or not wanted', () => {
    const redaction = createRedaction(redact);
    const parsed = forms.alerts.parse({ alerts: [{ title: 'of ada@example.com', status: 7 }, { title: 'of ada@example.com' }] }, { source: 's', receivedAt }); // prettier-ignore
    if ('fault' in parsed) throw new Error(parsed.fault.message);
    const source = { name: 's', format: forms.alerts, isWanted: () => false };
    const told = parsed.alerts.map((alert) => sift(alert, source, redaction));
    expect(told).toMatchObject([
      { result: 'rejected', alertname: 'of [redacted]' },
      { result: 'filtered', alertname: 'OfRedacted' },
    ]);
  });
});

describe('a repeat', () => {
  const told = (annotations: Record<string, string>) => {
    const data = { ...storedOf(undefined, {}, { annotations }).data };
    return { firing: { ...storedOf(undefined, {}), type: 'AlertReceived', data, sequence: 1, storedAt: receivedAt } as StoredEvent<'AlertReceived'> }; // prettier-ignore
  };
  const redact = { drop: ['token'], values: ['[\\w.]+@[\\w.]+'] };
  const { annotations: redacted } = createRedaction(redact) ?? {};
  const later = (annotations: Record<string, string>) => ({
    ...storedOf(redact, {}, { annotations }).data,
    receivedAt: '2026-11-20T23:00:00Z',
  });

  it('of an alert that was stored before something was redacted is no news for it', () => {
    const annotations = { summary: 'ask ada@example.com', token: 'x' };
    expect(newsIn(told(annotations), later(annotations), redacted)).toBeUndefined();
    expect(newsIn(told(annotations), later(annotations))).toEqual({ reason: 'changed' });
    expect(newsIn(told(annotations), later({ ...annotations, token: 'y' }), redacted)).toBeUndefined();
    expect(newsIn(told(annotations), later({ summary: 'ask bob' }), redacted)).toEqual({ reason: 'changed' });
  });
});

describe('a redaction that would break something is refused with its place', () => {
  it.each([
    ['redact: { drop: ["("] }', 'redact.drop.0 (line 1): "(" is no valid regular expression (RE2)'],
    ['redact: { mask: ["a(?=b)"] }', 'redact.mask.0 (line 1)'],
    ['redact: { drop: ["customer", ".*"] }', 'redact.drop.1 (line 1): ".*" matches alertname, namespace, pod, kube_context, sts, severity, container'],
    ['redact: { mask: ["(?i)POD"] }', '"(?i)POD" matches pod'],
    ['redact: { values: ["x*"] }', 'redact.values.0 (line 1): "x*" matches the empty text'],
    ['redact: { values: [] }', 'redact.values (line 1)'],
    ['redact: { names: [x] }', 'redact.names (line 1): Unexpected property'],
    ['redact: { drop: [title] }\nsources: [{ name: t, format: alerts }]', 'of which source t makes the label alertname'],
    [`redact: { drop: ["cust.*"] }\ncollections: [{ match: ['alertname="A"', 'customer="x"'] }]`, 'collections.0.match.1 (line 2): rows see what is stored, and redact.drop has label customer'],
    [`redact: { mask: [customer] }\ncollections: [{ match: ['customer!=""'] }]`, 'redact.mask has label customer'],
    ['redact: { drop: [node] }\ncollectors: { mine: { command: [x, "--n={label.node}"] } }', 'collectors.mine (line 2): collectors get what is stored, and redact has label node'],
    [`redact: { values: ["acme-[0-9]+"] }\ncollections: [{ match: ['customer="acme-7"'] }]`, 'redact.values masks "acme-7"'],
  ])('%s', (yaml, fault) => {
    expect(() => quickRules(yaml)).toThrow(fault);
  }); // prettier-ignore

  it.each([
    'redact: { drop: [title] }',
    `redact: { drop: [customer] }\nsources: [{ name: a, match: ['customer="x"'] }]`,
    `redact: { values: ["critical"] }\ncollections: [{ match: ['severity="critical"'] }]`,
  ])('and one that does not is taken: %s', (yaml) => {
    expect(quickRules(yaml).redact).toBeDefined();
  });
});
