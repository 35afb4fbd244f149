import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { PermanentError } from '../../core/errors.ts';

/**
 * Which addresses a webhook may reach: the public Internet's alone, or a tenant could read our own network
 * (169.254.169.254 hands out credentials). Judged on the very address that is connected to: a check of the
 * name beforehand could be answered differently a moment later.
 */

/** IANA IPv4 Special-Purpose Address Registry, what is not globally reachable, and multicast. */
const closed4 = blockList('ipv4', [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // carrier-grade NAT
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local, instance metadata
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
]);

/** All of IPv6 that is global unicast; mapped, NAT64, unique local, link-local and multicast lie outside. */
const open6 = blockList('ipv6', ['2000::/3']);
const closed6 = blockList('ipv6', [
  '2001::/23', // protocol assignments: Teredo, benchmarks, ORCHID
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4: wraps any IPv4 address
  '3fff::/20', // documentation
]);

/** Whether an IP address, written as Node or a URL writes it (without brackets), is on the public Internet. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !closed4.check(address, 'ipv4');
  if (isIP(address) !== 6 || address.includes('%')) return false;
  return open6.check(address, 'ipv6') && !closed6.check(address, 'ipv6');
}

/** Throws PermanentError `rejected` if the URL names a closed address itself: Node looks up no literals. */
export function checkLiteral({ hostname }: URL): void {
  const address = hostname.replace(/^\[|\]$/g, '');
  if (isIP(address) !== 0 && !isPublicAddress(address)) throw refused(hostname);
}

type Resolve = (
  hostname: string,
  options: { all: true },
  callback: (error: Error | null, answers: LookupAddress[]) => void,
) => void;

/** A `lookup` for `http.request`: gives only answers that are public, and none at all if any is not. */
export function publicLookup(resolve: Resolve = systemLookup): LookupFunction {
  return (hostname, options, callback) =>
    resolve(hostname, { ...options, all: true }, (error, answers) => {
      if (error !== null) return callback(error, '');
      const [first] = answers;
      if (first === undefined || !answers.every(({ address }) => isPublicAddress(address)))
        return callback(refused(hostname), '');
      if (options.all === true) return callback(null, answers);
      callback(null, first.address, first.family);
    });
}

// Names no address: whoever sent the URL would learn the names of our network from it.
function refused(hostname: string): PermanentError {
  return new PermanentError(
    `refused to call ${hostname}: its address is not a public one; use an endpoint on the public Internet`,
    'rejected',
  );
}

function blockList(family: 'ipv4' | 'ipv6', subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network = '', prefix] = subnet.split('/');
    list.addSubnet(network, Number(prefix), family);
  }
  return list;
}
