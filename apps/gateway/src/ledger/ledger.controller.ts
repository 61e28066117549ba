import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import { ProblemException } from '@ccro/http';
import { z } from 'zod';
import { RouteRule } from '../auth/access.js';
import { ApiProblems } from '../openapi/openapi.js';
import { LedgerService, type LedgerEntry, type LedgerPage } from './ledger.service.js';

/** Decisions on one page at most. */
const MAX_LIMIT = 100;
const MAX_SEQUENCE = Number.MAX_SAFE_INTEGER - MAX_LIMIT;

/** A whole number in an address, where everything is text. */
function wholeNumber(max: number): z.ZodType<number> {
  return z
    .string()
    .regex(/^\d{1,16}$/, 'a whole number')
    .transform(Number)
    .pipe(z.int().min(1).max(max));
}

/** Query of `GET /ledger`. */
const ledgerQuerySchema = z.strictObject({
  from: wholeNumber(MAX_SEQUENCE).default(1),
  limit: wholeNumber(MAX_LIMIT).default(20),
});

type LedgerQueryDto = z.infer<typeof ledgerQuerySchema>;

/** Whether `text` may be a sequence number. */
export const sequenceSchema = wholeNumber(MAX_SEQUENCE);

@ApiTags('ledger')
@Controller('ledger')
export class LedgerController {
  constructor(private readonly ledger: LedgerService) {}

  @Get()
  @RouteRule({ shares: 'records' })
  @ApiOperation({ summary: 'Decided batches with the certificates that prove them' })
  @ApiQuery({ name: 'from', required: false, schema: { type: 'integer', default: 1 } })
  @ApiQuery({ name: 'limit', required: false, schema: { type: 'integer', default: 20 } })
  @ApiOkResponse()
  @ApiProblems('invalid-request', 'overloaded', 'no-longer-kept', 'quorum-unreachable')
  page(@Query({ schema: ledgerQuerySchema }) { from, limit }: LedgerQueryDto): Promise<LedgerPage> {
    return this.ledger.page(from, limit);
  }

  @Get(':sequence')
  @RouteRule({ shares: 'records' })
  @ApiOperation({ summary: 'The batch decided at one sequence number' })
  @ApiParam({ name: 'sequence', type: 'integer' })
  @ApiOkResponse()
  @ApiProblems('not-found', 'overloaded', 'no-longer-kept', 'quorum-unreachable')
  at(@Param('sequence') text: string): Promise<LedgerEntry> {
    const sequence = sequenceSchema.safeParse(text);
    if (sequence.success) return this.ledger.at(sequence.data);
    throw new ProblemException('not-found', `${JSON.stringify(text)} is no sequence number.`);
  }
}
