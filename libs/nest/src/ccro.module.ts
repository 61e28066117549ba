import {
  Module,
  type DynamicModule,
  type FactoryProvider,
  type ModuleMetadata,
} from '@nestjs/common';
import { Ccro } from './ccro.js';
import { CCRO_OPTIONS, type CcroOptions } from './ccro-options.js';

/** Options that are put together from what is injected, such as a configuration service. */
export interface CcroAsyncOptions {
  readonly imports?: NonNullable<ModuleMetadata['imports']>;
  readonly inject?: NonNullable<FactoryProvider['inject']>;
  // Nest hands over what `inject` names, of whatever types.
  readonly useFactory: (...injected: never[]) => CcroOptions | Promise<CcroOptions>;
}

/**
 * Makes {@link Ccro} injectable, everywhere in the application. It connects when the application
 * starts and disconnects when it ends, so call `enableShutdownHooks`.
 */
@Module({})
export class CcroModule {
  static forRoot(options: CcroOptions): DynamicModule {
    return CcroModule.forRootAsync({ useFactory: () => options });
  }

  static forRootAsync({ imports, inject, useFactory }: CcroAsyncOptions): DynamicModule {
    return {
      module: CcroModule,
      global: true,
      imports: imports ?? [],
      providers: [{ provide: CCRO_OPTIONS, inject: inject ?? [], useFactory }, Ccro],
      exports: [Ccro],
    };
  }
}
