import {
  Module,
  type Abstract,
  type DynamicModule,
  type FactoryProvider,
  type ModuleMetadata,
  type Type,
} from '@nestjs/common';
import { CcroClient } from '@ccro/client';
import { Verifier } from '@ccro/crypto';
import { ReceiptMaker } from '@ccro/receipt';
import { Ccro } from './ccro.js';
import { CCRO_OPTIONS, Connection, type CcroOptions } from './connection.js';

/** Options that are put together from what is injected, such as a configuration service. */
export interface CcroAsyncOptions {
  readonly imports?: NonNullable<ModuleMetadata['imports']>;
  readonly inject?: NonNullable<FactoryProvider['inject']>;
  // Nest hands over what `inject` names, of whatever types.
  readonly useFactory: (...injected: never[]) => CcroOptions | Promise<CcroOptions>;
}

/**
 * Makes what {@link Ccro} stands on injectable, everywhere in the application: `CcroClient`,
 * `Verifier` and `ReceiptMaker`. It neither connects the broker nor listens: for applications with a
 * transport of Nest over that broker, which does both and passes on what arrives in the client's
 * inbox. All others import {@link CcroModule}.
 */
@Module({})
export class CcroClientModule {
  static forRoot(options: CcroOptions): DynamicModule {
    return CcroClientModule.forRootAsync({ useFactory: () => options });
  }

  static forRootAsync({ imports, inject, useFactory }: CcroAsyncOptions): DynamicModule {
    return {
      module: CcroClientModule,
      global: true,
      imports: imports ?? [],
      providers: [
        { provide: CCRO_OPTIONS, inject: inject ?? [], useFactory },
        Connection,
        part(CcroClient, ({ client }) => client),
        part(Verifier, ({ verifier }) => verifier),
        part(ReceiptMaker, ({ receipts }) => receipts),
      ],
      exports: [CCRO_OPTIONS, Connection, CcroClient, Verifier, ReceiptMaker],
    };
  }
}

/**
 * Makes {@link Ccro} injectable, everywhere in the application, and what {@link CcroClientModule}
 * does. It connects when the application starts and disconnects when it ends, so call
 * `enableShutdownHooks`.
 */
@Module({})
export class CcroModule {
  static forRoot(options: CcroOptions): DynamicModule {
    return CcroModule.forRootAsync({ useFactory: () => options });
  }

  static forRootAsync(options: CcroAsyncOptions): DynamicModule {
    return {
      module: CcroModule,
      global: true,
      imports: [CcroClientModule.forRootAsync(options)],
      providers: [Ccro],
      exports: [Ccro],
    };
  }
}

function part<T>(
  provide: Type<T> | Abstract<T>,
  useFactory: (connection: Connection) => T,
): FactoryProvider<T> {
  return { provide, inject: [Connection], useFactory };
}
