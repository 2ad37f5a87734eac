// The public C++ interface of Headrace. Includes frame/ and nothing else.
#pragma once

#include "headrace/frame/analysis.h"
#include "headrace/frame/convert.h"
#include "headrace/frame/diagnose.h"
#include "headrace/frame/end_stores.h"
#include "headrace/frame/explain.h"
#include "headrace/frame/fit.h"
#include "headrace/frame/frame_stream.h"
#include "headrace/frame/html/html_report.h"
#include "headrace/frame/inspect.h"
#include "headrace/frame/lazy_frame.h"
#include "headrace/frame/load.h"
#include "headrace/frame/row_server.h"
#include "headrace/frame/run.h"
#include "headrace/frame/validate.h"
#include "headrace/frame/verify.h"
#include "headrace/frame/version.h"
