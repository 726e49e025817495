import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import passport from 'passport';
import { OperatorKeys } from './operator-keys.js';
import type { Caller } from './caller.js';

type Done = (error: unknown, caller?: Caller | false) => void;

/** The token of an `Authorization: Bearer …` header, in the form of RFC 6750; undefined for anything else. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +([-\w.~+/]+=*) *$/i.exec(authorization ?? '')?.[1];
}

/** How passport is told what became of one request; bound to that request. */
interface Outcomes {
  success: (caller: Caller) => void;
  fail: (status: number) => void;
  error: (failure: unknown) => void;
}

/** Reads the key from the header only; the public bearer strategy also takes it from bodies and URLs, which get logged. */
class HeaderStrategy extends passport.Strategy {
  constructor(private readonly verify: (token: string, done: Done) => void) {
    super();
  }

  override authenticate(request: unknown): void {
    // passport puts these on the one strategy anew for every request: those of this request have to be taken before
    // anything is awaited, or its outcome goes to a request that came later.
    const { success, fail, error } = this as Outcomes;
    const token = bearerToken((request as FastifyRequest).headers.authorization);
    if (token === undefined) {
      fail(401);
      return;
    }
    this.verify(token, (failure, caller) => {
      if (failure) error(failure);
      else if (caller) success(caller);
      else fail(401);
    });
  }
}

@Injectable()
export class ApiKeyStrategy extends PassportStrategy(HeaderStrategy, 'api-key') {
  constructor(private readonly keys: OperatorKeys) {
    super();
  }

  async validate(token: string): Promise<Caller | false> {
    return (await this.keys.verify(token)) ?? false;
  }
}
