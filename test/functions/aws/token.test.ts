import { expect, test } from 'vitest';
import { packToken, unpackToken } from '../../../functions/aws/token.ts';

const bytes = (stored: ReturnType<typeof packToken>) =>
  typeof stored === 'string' ? stored.length : stored.reduce((sum, each) => sum + each.length, 0);

test.each([
  ['one piece', 'AAAAKgAAAAIAAAAAAAAAAbdvA5UnsPbXk2HGkayUMygJK8eFJq3pnwBV/xTTDwiIb9g=', 50],
  ['two pieces, as AWS mints them', 'AQB8AAAAKgAAAAMAAAAAAAAAAcCV9g==NTnsdHLv8W7kC8cg8CFreEF4', 40],
])('base64 is stored as its bytes: %s', (_, token, stored) => {
  expect(bytes(packToken(token))).toBe(stored);
  expect(unpackToken(packToken(token))).toBe(token);
});

test.each([
  ['an emulator’s', '5d0c8a41-7e03-4b3a-9d2e-6c1e7b3a9d2e'],
  ['no whole base64', 'AAAAKgA'],
  ['base64 that another encoder would write otherwise', 'AAAAKh=='],
  ['base64url', 'AAAA-_AA'],
  ['padding alone', '===='],
])('what is not exactly base64 stays as it is: %s', (_, token) => {
  expect(packToken(token)).toBe(token);
  expect(unpackToken(token)).toBe(token);
});
