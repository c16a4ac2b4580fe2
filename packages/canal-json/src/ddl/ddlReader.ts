import {
  type DdlEvent,
  type RouteAdmission,
  type RouteAdmit,
  type RoutingRules,
  routeAdmissions,
  routeOwners,
} from '@tidegate/protocol';
import { CatalogueError, DdlError, StatementError, type Where } from '../errors.js';
import { applyStatement } from './applyStatement.js';
import { Catalogue } from './catalogue.js';
import { type DdlEffect, EVERYTHING } from './effect.js';
import { NameJournal } from './nameJournal.js';
import { parseStatement } from './parse.js';
import { kindOf, type Statement } from './statement.js';

/** A DDL message, as far as its event needs it. */
export interface DdlText {
  readonly sql: string;
  readonly database: string;
  readonly table: string;
  readonly commitTs: bigint;
}

/** Turns DDL messages, in the order of the log, into events, keeping the catalogue as of the last one. */
export class DdlReader {
  readonly catalogue: Catalogue;
  readonly #unclassified: 'error' | 'all';
  readonly #routes: RoutingRules | undefined;
  readonly #names: NameJournal | undefined;

  /** Without `routes` names are not routed: no event has admissions. */
  constructor(unclassified: 'error' | 'all', routes: RoutingRules | undefined) {
    this.#unclassified = unclassified;
    this.#routes = routes;
    this.#names = routes && new NameJournal();
    this.catalogue = new Catalogue(this.#names);
  }

  /** Which table has which target, as of the last DDL; undefined when names are not routed. */
  owners(): RouteAdmit[] | undefined {
    return this.#routes && routeOwners(this.catalogue.tables(), this.#routes);
  }

  /** Throws {@link DdlError}, which quotes the statement. */
  read(ddl: DdlText, where: Where): DdlEvent {
    try {
      const statement = this.#parse(ddl.sql);
      const kind = statement === undefined ? 'unclassified' : kindOf(statement);
      const effect: DdlEffect = statement === undefined ? EVERYTHING : applyStatement(this.catalogue, statement, ddl);
      return {
        type: 'ddl',
        commitTs: ddl.commitTs,
        query: ddl.sql,
        kind,
        schema: ddl.database,
        table: ddl.table,
        admissions: this.#admissions(),
        ...effect,
      };
    } catch (error) {
      if (error instanceof StatementError || error instanceof CatalogueError) throw new DdlError(where, error);
      throw error;
    }
  }

  /** N-1: of the statement that was just applied. */
  #admissions(): readonly RouteAdmission[] {
    return this.#routes === undefined || this.#names === undefined ? [] : routeAdmissions(this.#names.take(), this.#routes);
  }

  /** Undefined: not classified, and the user chose to take such a statement as touching every table. */
  #parse(sql: string): Statement | undefined {
    try {
      return parseStatement(sql);
    } catch (error) {
      if (this.#unclassified === 'all' && error instanceof StatementError && error.code === 'CANAL_DDL_UNCLASSIFIED')
        return undefined;
      throw error;
    }
  }
}
