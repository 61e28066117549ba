import { Body, ConflictException, Controller, Get, Header, Param, Post, Put } from '@nestjs/common';
import { Ccro, type Decided } from '@ccro/nest';
import type { JsonObject, JsonValue } from '@ccro/state-machine';

/** What the cluster made of an operation. */
export interface Answer {
  readonly id: string;
  readonly result: JsonValue;
  /** Nodes that signed this result, and how many of them it takes: one of these is honest. */
  readonly signedBy: readonly number[];
  readonly required: number;
}

/** The HTTP of one bidder or seller: whoever runs this program signs with its own key. */
@Controller('auctions/:item')
export class AuctionController {
  constructor(private readonly ccro: Ccro) {}

  @Put()
  async open(@Param('item') item: string, @Body() body: JsonObject): Promise<Answer> {
    return answerTo(await this.submit('auction.open', { ...body, item }));
  }

  @Post('bids')
  async bid(@Param('item') item: string, @Body() body: JsonObject): Promise<Answer> {
    return answerTo(await this.submit('auction.bid', { ...body, item }));
  }

  @Post('close')
  async close(@Param('item') item: string): Promise<Answer> {
    return answerTo(await this.submit('auction.close', { item }));
  }

  @Get()
  async show(@Param('item') item: string): Promise<Answer> {
    return answerTo(await this.submit('auction.show', { item }));
  }

  /** The same as a proof, to the byte: whoever has the cluster's public keys sees who won. */
  @Get('receipt')
  @Header('content-type', 'application/json')
  async receipt(@Param('item') item: string): Promise<string> {
    return this.ccro.receipt(await this.submit('auction.show', { item }));
  }

  private async submit(type: string, fields: JsonObject): Promise<Decided> {
    const decided = await this.ccro.submit({ ...fields, type });
    const { result } = decided;
    if (typeof result === 'object' && result !== null && 'error' in result) {
      throw new ConflictException(result);
    }
    return decided;
  }
}

function answerTo({ id, result, proof, required }: Decided): Answer {
  const signedBy = proof.map(({ replica }) => replica).sort((left, right) => left - right);
  return { id, result, signedBy, required };
}
