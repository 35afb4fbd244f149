import type { JobContract } from '../core/define.ts';
import { csvCollect } from './csv.collect/contract.ts';
import { csvList } from './csv.list/contract.ts';
import { csvReport } from './csv.report/contract.ts';
import { csvSummarize } from './csv.summarize/contract.ts';
import { echo } from './echo/contract.ts';
import { objectChecksum } from './object.checksum/contract.ts';
import { orderCharge } from './order.charge/contract.ts';
import { orderReserve } from './order.reserve/contract.ts';
import { orderShip } from './order.ship/contract.ts';
import { webhookDeliver } from './webhook.deliver/contract.ts';
import { webhookFanout } from './webhook.fanout/contract.ts';

/** Every job type. A new type is one folder, one line here and one in `runs.ts`. */
export const contracts = [
  echo,
  csvList,
  csvCollect,
  csvSummarize,
  csvReport,
  objectChecksum,
  webhookDeliver,
  webhookFanout,
  orderReserve,
  orderCharge,
  orderShip,
] as const satisfies readonly JobContract[];
