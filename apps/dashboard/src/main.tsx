// First of all: what comes next may ask for the language while it loads.
import './platform/locale.js';
import { render } from 'preact';
import { followEvents } from './connection/follow-events.js';
import { App } from './page/app.js';
import { Store } from './state/store.js';
import './style.css';

const store = new Store(followEvents);
const root = document.getElementById('page');
if (root !== null) render(<App store={store} />, root);
