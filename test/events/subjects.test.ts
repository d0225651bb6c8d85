import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alertSubject, encodeToken, podSubject, podSubjectOf } from '../../src/events/subjects.ts';

describe('subject tokens', () => {
  it('encode every byte outside letters, digits, _ and -', () => {
    expect(encodeToken('eu.west/1')).toBe('eu%2Ewest%2F1');
    expect(encodeToken('größe')).toBe('gr%C3%B6%C3%9Fe');
    expect(encodeToken('>')).toBe('%3E');
    expect(encodeToken('*')).toBe('%2A');
    expect(encodeToken('')).toBe('~');
    expect(encodeToken('~')).toBe('%7E');
  });

  it('are cut to 100 characters and a hash when they are over 200', () => {
    expect(encodeToken('a'.repeat(200))).toBe('a'.repeat(200));
    expect(encodeToken('a'.repeat(201))).toMatch(/^a{100}%[0-9a-f]{32}$/);
    expect(encodeToken('.'.repeat(67))).toMatch(/^(%2E){33}%%[0-9a-f]{32}$/);
  });

  it('hold whatever the value is: one token, of bounded length, with no wildcard', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 6_000 }), (value) => {
        expect(encodeToken(value)).toMatch(/^[A-Za-z0-9_%~-]{1,200}$/);
      }),
    );
  });

  it('tell different values apart', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        fc.pre(a !== b);
        expect(encodeToken(a)).not.toBe(encodeToken(b));
      }),
    );
  });
});

describe('subjects', () => {
  it('name an alert by its name, fingerprint, start in nanoseconds and status', () => {
    const alert = { alertname: undefined, fingerprint: 'f00', startsAtNanos: 12n, status: 'firing' };
    expect(alertSubject(alert, 'AlertReceived')).toBe('aw.alert.~.f00.12.firing.AlertReceived');
  });

  it('lead from any event of a pod back to the pod', () => {
    const name = fc.string({ unit: 'binary', minLength: 1 });
    fc.assert(
      fc.property(name, name, name, (kubeContext, namespace, pod) => {
        const prefix = podSubject({ kubeContext, namespace, pod });
        expect(podSubjectOf(`${prefix}.Uploaded`)).toBe(prefix);
        expect(podSubjectOf(`${prefix}.some.junk`)).toBe(prefix);
      }),
    );
    expect(podSubjectOf('aw.collection.a.b.c')).toBeUndefined();
    expect(podSubjectOf('aw.alert.a.b.c.firing.AlertReceived')).toBeUndefined();
  });
});
