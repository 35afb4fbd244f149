import type { JobContract } from '../core/define.ts';
import { csvReport } from './csv.report/contract.ts';
import { csvSummarize } from './csv.summarize/contract.ts';
import { echo } from './echo/contract.ts';
import { objectChecksum } from './object.checksum/contract.ts';
import { webhookDeliver } from './webhook.deliver/contract.ts';
import { webhookFanout } from './webhook.fanout/contract.ts';

/** Every job type. A new type is one folder, one line here and one in `runs.ts`. */
export const contracts = [
  echo,
  csvSummarize,
  csvReport,
  objectChecksum,
  webhookDeliver,
  webhookFanout,
] as const satisfies readonly JobContract[];
