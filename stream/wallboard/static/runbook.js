// A runbook is all there without a script; this keeps the theme that was chosen on this screen.

import { keepTheme } from "./theme.js";

keepTheme(new URLSearchParams(location.search).get("theme"));
