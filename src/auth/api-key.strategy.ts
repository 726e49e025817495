import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import passport from 'passport';
import { ApiKeyService } from './api-key.service.js';
import type { Caller } from './caller.js';

type Done = (error: unknown, caller?: Caller | false) => void;

/** The token of an `Authorization: Bearer …` header, in the form of RFC 6750; undefined for anything else. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +([-\w.~+/]+=*) *$/i.exec(authorization ?? '')?.[1];
}

/** Reads the key from the header only; the public bearer strategy also takes it from bodies and URLs, which get logged. */
class HeaderStrategy extends passport.Strategy {
  constructor(private readonly verify: (token: string, done: Done) => void) {
    super();
  }

  override authenticate(request: unknown): void {
    const token = bearerToken((request as FastifyRequest).headers.authorization);
    if (token === undefined) {
      this.fail(401);
      return;
    }
    this.verify(token, (error, caller) => {
      if (error) this.error(error);
      else if (caller) this.success(caller);
      else this.fail(401);
    });
  }
}

@Injectable()
export class ApiKeyStrategy extends PassportStrategy(HeaderStrategy, 'api-key') {
  constructor(private readonly keys: ApiKeyService) {
    super();
  }

  async validate(token: string): Promise<Caller | false> {
    return (await this.keys.verify(token)) ?? false;
  }
}
