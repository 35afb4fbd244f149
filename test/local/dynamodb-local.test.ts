import { expect, it } from 'vitest';
import { missingIn } from '../../local/dynamodb-local.ts';

const jdk = (version: string) => `java.base@${version}\njava.xml@${version}\njdk.compiler@${version}\n`;
const jre = 'java.base@21.0.2\njava.xml@21.0.2\n';

it.each([
  ['there is no java', undefined, 'Apache Maven 3.9'],
  ['java is 11', jdk('11.0.22'), 'Apache Maven 3.9'],
  ['this java 21 is a JRE, without a compiler', jre, 'Apache Maven 3.9'],
  ['there is no mvn on the PATH', jdk('17.0.15'), undefined],
])('%s: it says so, and what is needed', (why, modules, maven) => {
  expect(missingIn(modules, maven)).toMatch(new RegExp(`(JDK 17|Maven).*; ${why}$`));
});

it.each(['17', '17.0.15', '25.0.1'])('Java %s and Maven are enough', (version) => {
  expect(missingIn(jdk(version), 'Apache Maven 3.9')).toBeUndefined();
});
