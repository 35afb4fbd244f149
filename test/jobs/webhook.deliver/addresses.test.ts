import type { LookupAddress } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { jobErrorFields } from '../../../core/errors.ts';
import { checkLiteral, isPublicAddress, publicLookup } from '../../../jobs/webhook.deliver/addresses.ts';

const closed = [
  ['0.0.0.0', 'this host'],
  ['0.255.255.255', 'this network'],
  ['10.0.0.0', 'private'],
  ['10.255.255.255', 'private'],
  ['100.64.0.0', 'carrier-grade NAT'],
  ['100.127.255.255', 'carrier-grade NAT'],
  ['127.0.0.1', 'loopback'],
  ['127.255.255.255', 'loopback'],
  ['169.254.0.0', 'link-local'],
  ['169.254.169.254', 'instance metadata'],
  ['169.254.170.2', 'container credentials'],
  ['169.254.255.255', 'link-local'],
  ['172.16.0.0', 'private'],
  ['172.31.255.255', 'private'],
  ['192.0.0.0', 'protocol assignments'],
  ['192.0.0.255', 'protocol assignments'],
  ['192.0.2.1', 'documentation'],
  ['192.88.99.1', '6to4 relay'],
  ['192.168.0.0', 'private'],
  ['192.168.255.255', 'private'],
  ['198.18.0.0', 'benchmarks'],
  ['198.19.255.255', 'benchmarks'],
  ['198.51.100.7', 'documentation'],
  ['203.0.113.7', 'documentation'],
  ['224.0.0.1', 'multicast'],
  ['239.255.255.255', 'multicast'],
  ['240.0.0.1', 'reserved'],
  ['255.255.255.255', 'broadcast'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['::7f00:1', 'IPv4-compatible loopback'],
  ['::8.8.8.8', 'IPv4-compatible'],
  ['::ffff:127.0.0.1', 'mapped loopback'],
  ['::ffff:a9fe:a9fe', 'mapped instance metadata'],
  ['::ffff:8.8.8.8', 'mapped'],
  ['::ffff:0:127.0.0.1', 'translated'],
  ['64:ff9b::7f00:1', 'NAT64 of loopback'],
  ['64:ff9b::808:808', 'NAT64'],
  ['64:ff9b:1::1', 'local NAT64'],
  ['100::1', 'discard'],
  ['2001::1', 'Teredo'],
  ['2001:2::1', 'benchmarks'],
  ['2001:10::1', 'ORCHID'],
  ['2001:1ff:ffff::1', 'protocol assignments'],
  ['2001:db8::1', 'documentation'],
  ['2002:7f00:1::', '6to4 of loopback'],
  ['2002:808:808::', '6to4'],
  ['3fff::1', 'documentation'],
  ['4000::1', 'not assigned'],
  ['5f00::1', 'segment routing'],
  ['fc00::1', 'unique local'],
  ['fd00:ec2::254', 'instance metadata'],
  ['fe80::1', 'link-local'],
  ['fe80::1%eth0', 'link-local with a zone'],
  ['2600::1%eth0', 'a zone has no meaning outside'],
  ['fec0::1', 'site-local'],
  ['ff02::1', 'multicast'],
  ['', 'no address'],
  ['localhost', 'no address'],
  ['0177.0.0.1', 'not as Node writes it'],
  ['[::1]', 'not as Node writes it'],
];

const open = [
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '169.253.255.255',
  '169.255.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.0.1.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '2000::1',
  '2001:200::1',
  '2001:4860:4860::8888',
  '2003::1',
  '2606:4700:4700::1111',
  '3ffe::1',
];

describe('isPublicAddress', () => {
  it.each(closed)('closes %s: %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
  it.each(open)('opens %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});

describe('checkLiteral', () => {
  it.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://0x7f.0.0.1/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://017700000001/',
    'http://2130706433/',
    'http://127.0.0.1./',
    'http://１２７.０.０.１/',
    'http://169.254.169.254/latest/meta-data/',
    'http://2852039166/',
    'http://0/',
    'http://[::1]/',
    'http://[::ffff:169.254.169.254]/',
    'http://[0:0:0:0:0:ffff:7f00:1]/',
    'http://[fd00:ec2::254]/',
    'http://[64:ff9b::a9fe:a9fe]/',
  ])('refuses %s for good', (url) => {
    let thrown: unknown;
    try {
      checkLiteral(new URL(url));
    } catch (error) {
      thrown = error;
    }
    expect(jobErrorFields(thrown)).toEqual({ kind: 'permanent', code: 'rejected' });
  });

  it.each(['http://8.8.8.8/', 'http://[2606:4700:4700::1111]/', 'http://localhost/', 'http://example.com/'])(
    'leaves %s to the connection',
    (url) => {
      expect(() => checkLiteral(new URL(url))).not.toThrow();
    },
  );
});

describe('publicLookup', () => {
  const good4 = { address: '93.184.216.34', family: 4 };
  const good6 = { address: '2606:2800:220:1::1', family: 6 };
  const bad = { address: '10.0.0.7', family: 4 };

  function look(answers: LookupAddress[], all: boolean, failure: Error | null = null) {
    const lookup = publicLookup((_, options, callback) => {
      expect(options.all).toBe(true);
      callback(failure, answers);
    });
    return new Promise<unknown[]>((resolve) => lookup('example.com', { all }, (...given) => resolve(given)));
  }

  it('gives every answer that was checked, or the first where one is asked for', async () => {
    expect(await look([good6, good4], true)).toEqual([null, [good6, good4]]);
    expect(await look([good6, good4], false)).toEqual([null, '2606:2800:220:1::1', 6]);
  });

  it.each([
    ['the only answer is private', [bad]],
    ['the first is private', [bad, good4]],
    ['the last is private', [good4, good6, bad]],
    ['there is no answer', []],
  ])('gives none if %s, and names no address', async (_, answers) => {
    for (const all of [true, false]) {
      const [error] = await look(answers, all);
      expect(jobErrorFields(error)).toEqual({ kind: 'permanent', code: 'rejected' });
      expect((error as Error).message).toBe(
        'refused to call example.com: its address is not a public one; use an endpoint on the public Internet',
      );
    }
  });

  it('passes on that a name is not known', async () => {
    const failure = new Error('ENOTFOUND');
    expect((await look([], true, failure))[0]).toBe(failure);
  });
});
