import { Controller, Get, Headers, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import type { Call } from '../common/call/call.js';
import { CurrentCall } from '../common/call/current-call.decorator.js';
import { ApiResource } from '../common/docs/api.decorators.js';
import { ExtendRouteConfig } from '../common/routes/extend-route-config.js';
import { eventFrames } from './event-stream.js';
import { ApiFeed, ApiFeedEvent } from './feed.docs.js';
import { FeedQuery, MOST_WAIT_S } from './feed.dto.js';
import { FeedService, type FeedRequest } from './feed.service.js';
import { FeedWaits } from './feed-waits.js';

const JSON_TYPE = 'application/json; charset=utf-8';
const STREAM_TYPE = 'text/event-stream';

@Controller('api/events')
@ApiResource('Event')
export class FeedController {
  constructor(
    private readonly feed: FeedService,
    private readonly waits: FeedWaits,
  ) {}

  @Get()
  @ExtendRouteConfig({ extraMs: extraMsOf })
  @ApiFeed()
  async list(
    @CurrentCall() call: Call,
    @Query() query: FeedQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | Readable> {
    const wanted = query as unknown as FeedRequest;
    if (!wantsStream(request)) {
      void reply.type(JSON_TYPE);
      return this.feed.page(call, wanted);
    }
    const start = await this.feed.start(call, lastEventId ?? wanted.after);
    const wait = this.waits.begin(call, start.from);
    void reply.type(STREAM_TYPE).header('X-Accel-Buffering', 'no');
    return Readable.from(eventFrames(this.feed, wait, call, wanted, start), { objectMode: false });
  }

  @Get(':id')
  @ApiFeedEvent()
  async retrieve(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const text = await this.feed.event(call, id);
    void reply.type(JSON_TYPE);
    return text;
  }
}

function wantsStream({ method, headers }: FastifyRequest): boolean {
  return method === 'GET' && headers.accept?.includes(STREAM_TYPE) === true;
}

/** A stream has no end of its own, and a wait is as long as its client asks. */
function extraMsOf(request: FastifyRequest): number {
  if (wantsStream(request)) return Infinity;
  const { wait } = request.query as { wait?: unknown };
  const seconds = typeof wait === 'string' ? Number(wait) : 0;
  return seconds > 0 && seconds <= MOST_WAIT_S ? seconds * 1000 : 0;
}
