import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  Inject,
  Injectable,
  Param,
  Put,
  type PipeTransform,
} from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { formatClusterFile } from '@ccro/cluster-config';
import type { ReplicaId } from '@ccro/consensus';
import { FAULT_KINDS, type FaultKind } from '@ccro/faults';
import { ProblemException } from '@ccro/http';
import { z } from 'zod';
import { Needs } from '../auth/access.js';
import { ApiProblems } from '../openapi/openapi.js';
import { GATEWAY_SETTINGS, type GatewaySettings } from '../settings/gateway.options.js';
import { ClusterService, type ClusterStatus, type NodeSummary } from './cluster.service.js';

/** Body of `PUT /nodes/:id/fault`. */
const setFaultSchema = z.strictObject({ kind: z.enum(FAULT_KINDS) });

type SetFaultDto = z.infer<typeof setFaultSchema>;

/** A node's fault after it was set; null when it behaves. */
interface NodeFault {
  readonly id: ReplicaId;
  readonly fault: string | null;
}

const faultAnswerSchema = z.union([
  z.object({ fault: z.enum(FAULT_KINDS).nullable() }),
  z.object({ error: z.string().max(500) }),
]);

/** The `:id` of a node. @throws ProblemException `not-found` unless the cluster has that member */
@Injectable()
class MemberIdPipe implements PipeTransform<string, ReplicaId> {
  constructor(@Inject(GATEWAY_SETTINGS) private readonly settings: GatewaySettings) {}

  transform(text: string): ReplicaId {
    const { length: n } = this.settings.config.members;
    if (/^(0|[1-9]\d{0,3})$/.test(text) && Number(text) < n) return Number(text);
    throw new ProblemException('not-found', `There is no node ${text}: ids are 0 to ${n - 1}.`);
  }
}

@ApiTags('cluster')
@Controller()
export class ClusterController {
  constructor(
    @Inject(GATEWAY_SETTINGS) private readonly settings: GatewaySettings,
    private readonly cluster: ClusterService,
  ) {}

  /** The cluster file, which is public. Callers that take it from here trust the gateway for the keys. */
  @Get('cluster')
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiOperation({ summary: 'The cluster file: members and clients with their public keys' })
  @ApiOkResponse()
  file(): string {
    return formatClusterFile(this.settings.config);
  }

  @Get('status')
  @ApiOperation({ summary: 'The cluster: size, view, roles, who is up, who was caught lying' })
  @ApiOkResponse()
  status(): Promise<ClusterStatus> {
    return this.cluster.status();
  }

  @Get('nodes')
  @ApiOperation({ summary: 'The members: roles, liveness, view, last executed, tallies' })
  @ApiOkResponse()
  async nodes(): Promise<{ readonly nodes: readonly NodeSummary[] }> {
    return { nodes: await this.cluster.nodes() };
  }

  @Get('nodes/:id/status')
  @ApiOperation({ summary: 'All that a node says of itself, with the evidence it holds' })
  @ApiParam({ name: 'id', type: 'integer' })
  @ApiOkResponse()
  @ApiProblems('not-found')
  node(@Param('id', MemberIdPipe) id: ReplicaId): ReturnType<ClusterService['node']> {
    return this.cluster.node(id);
  }

  @Put('nodes/:id/fault')
  @Needs('admin')
  @ApiOperation({ summary: 'Makes a node misbehave; only with FAULT_INJECTION=on' })
  @ApiParam({ name: 'id', type: 'integer' })
  @ApiOkResponse()
  @ApiProblems('invalid-request', 'fault-injection-disabled', 'not-found', 'node-unreachable')
  setFault(
    @Param('id', MemberIdPipe) id: ReplicaId,
    @Body({ schema: setFaultSchema }) { kind }: SetFaultDto,
  ): Promise<NodeFault> {
    return this.setFaultOf(id, kind);
  }

  @Delete('nodes/:id/fault')
  @Needs('admin')
  @ApiOperation({ summary: 'Makes a node behave again; only with FAULT_INJECTION=on' })
  @ApiParam({ name: 'id', type: 'integer' })
  @ApiOkResponse()
  @ApiProblems('fault-injection-disabled', 'not-found', 'node-unreachable')
  clearFault(@Param('id', MemberIdPipe) id: ReplicaId): Promise<NodeFault> {
    return this.setFaultOf(id, null);
  }

  /**
   * Makes a node misbehave on purpose, where that is allowed.
   *
   * @param fault null: behave honestly again
   * @throws ProblemException `fault-injection-disabled` when the gateway or the node does not
   *   allow it, `node-unreachable`
   */
  private async setFaultOf(id: ReplicaId, fault: FaultKind | null): Promise<NodeFault> {
    if (!this.settings.faultInjection) {
      throw new ProblemException(
        'fault-injection-disabled',
        'Start the gateway and the nodes with FAULT_INJECTION=on to allow this.',
      );
    }
    const asked = this.cluster.ask(id, { type: 'set-fault', fault });
    const answer = faultAnswerSchema.safeParse(await asked);
    this.cluster.forget();
    if (!answer.success) {
      throw new ProblemException('node-unreachable', `Node ${id} gave no proper answer.`);
    }
    if ('error' in answer.data) {
      throw new ProblemException('fault-injection-disabled', `Node ${id}: ${answer.data.error}.`);
    }
    return { id, fault: answer.data.fault };
  }
}
