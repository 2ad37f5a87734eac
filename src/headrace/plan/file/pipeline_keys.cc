// The table of everything a pipeline file may say. The parser checks by it, and the JSON Schema and the reference page
// are printed from it, so that the three cannot differ. The types of keys are explained in key_type.h.
#include "headrace/plan/pipeline_file.h"

namespace headrace {
namespace {

constexpr bool kRequired = true;
constexpr bool kOptional = false;

constexpr PipelineKey kPipelineKeys[] = {
    {"version", "integer", kRequired, "", "The version of the file's language. This is version 1.", "1"},
    {"name", "string", kRequired, "", "Names the pipeline in reports and manifests.", "flight_delay"},
    {"parameters", "map of value", kOptional, "{}",
     "Values that `${name}` stands for in any string of the file, with their defaults; `--set name=value` overrides "
     "one. "
     "A parameter keeps the type of its default; `null` is no default: it must be set. `$${` means the characters "
     "`${`.",
     "{date: 2013-11-01, min_count: 20}"},
    {"storage_options", "store", kOptional, "the environment", "How paths that begin with `s3://` are reached.",
     "{endpoint: 'http://localhost:9000'}"},
    {"sources", "map of source", kRequired, "", "The raw tables, by name.", "{flights: {path: data/flights.csv}}"},
    {"tables", "map of table", kRequired, "", "Tables made from sources and from tables before them, by name.",
     "{rows: {from: flights}}"},
    {"contract", "contract", kOptional, "none",
     "What the rows of one table promise. A run whose rows break it publishes nothing.", "{table: rows}"},
    {"features", "list of feature or features", kOptional, "[]",
     "The columns of the data set, in order. A list takes its columns from the last table.", "[{name: distance}]"},
    {"split", "split", kOptional, "all rows in one part, `all`", "How rows are dealt to the parts of the data set.",
     "{by: time_hour, parts: {train: '< 2013-11-01', eval: rest}}"},
    {"outputs", "list of output", kOptional, "[]", "The data sets to write.", "[{path: out/rows, format: parquet}]"},
    {"state", "string", kOptional, "`state` beside the first output", "The folder for the fitted state.", "out/state"},
    {"quarantine", "string", kOptional, "`quarantine` beside the first output",
     "The folder for the data set of bad rows.", "out/quarantine"},
    {"report", "string", kOptional, "`run.json` beside the first output", "The file for the run report.",
     "out/run.json"},
};

constexpr PipelineKey kStoreKeys[] = {
    {"endpoint", "string", kOptional, "`$AWS_ENDPOINT_URL_S3`, `$AWS_ENDPOINT_URL`, or Amazon",
     "The address of a store that is not Amazon's.", "'http://localhost:9000'"},
    {"region", "string", kOptional, "`$AWS_REGION`, or that of the bucket", "The region of the buckets.",
     "eu-central-1"},
    {"scheme", "one of https, http", kOptional, "https", "The transport, where the endpoint does not say it.", "http"},
    {"anonymous", "boolean", kOptional, "false", "Without credentials, also where the environment has some.", "true"},
    {"connect_timeout", "number", kOptional, "5", "The seconds that a connection may take.", "2"},
    {"request_timeout", "number", kOptional, "10",
     "The seconds without a byte after which a try is given up. It is repeated a few times.", "30"},
};

constexpr PipelineKey kSourceKeys[] = {
    {"path", "string or list of string", kRequired, "",
     "Files, globs (`*`, `?`, `[a-z]`) or folders, also `s3://bucket/…`. Relative paths start at the folder of the "
     "pipeline file.",
     "data/flights.csv"},
    {"format", "string", kOptional, "by file name", "csv, ndjson, parquet, tfrecord, arrow or mds.", "csv"},
    {"schema", "map of type/column", kOptional, "from the file, or inferred",
     "The columns and their types. A row with a value that is not of its column's type, or breaks the column's rules, "
     "is a bad row, whether or not the column is used.",
     "{year: int32, wind_speed: {type: float64, min: 0, max: 200}}"},
    {"null_values", "list of string", kOptional, "[\"\"]", "CSV: unquoted values that are null.", "['', NA]"},
    {"delimiter", "string", kOptional, "\",\"", "CSV: the character between values.", "';'"},
    {"quote", "string", kOptional, "'\"'", "CSV: the character around quoted values; an empty string: none.", "\"'\""},
    {"header", "boolean", kOptional, "true", "CSV: whether the first line of each file names its columns.", "false"},
    {"partition_columns", "map of type", kOptional, "none",
     "Columns that the files lack, since the folders they lie in are named for them, as in Hive: day=2013-01-01.",
     "{day: date}"},
    {"on_error", "one of fail, quarantine, drop, null", kOptional, "fail",
     "What happens to bad rows: `fail` ends the run, `quarantine` puts them into the quarantine data set, `drop` "
     "counts "
     "them and leaves them out, `null` sets the bad value to null.",
     "quarantine"},
};

constexpr PipelineKey kColumnKeys[] = {
    {"type", "type", kRequired, "", "The type of the column.", "float64"},
    {"nullable", "boolean", kOptional, "true", "Whether values may be null.", "false"},
    {"min", "value", kOptional, "none", "The least value allowed.", "0"},
    {"max", "value", kOptional, "none", "The greatest value allowed.", "200"},
    {"allowed", "list of value", kOptional, "any", "The only values allowed.", "[EWR, JFK, LGA]"},
    {"doc", "string", kOptional, "none", "What the column means, for readers of the file.", "miles per hour"},
};

constexpr PipelineKey kTableKeys[] = {
    {"from", "string", kRequired, "", "The source or earlier table whose rows the steps start with.", "flights"},
    {"steps", "list of step", kOptional, "[]", "What is done to the rows, in order.",
     "[{filter: arr_delay is not null}]"},
};

constexpr PipelineKey kStepKeys[] = {
    {"filter", "expression or filter", kOptional, "", "Keeps the rows for which the condition is true.",
     "arr_delay is not null"},
    {"with_columns", "map of expression", kOptional, "",
     "Adds columns, or replaces those of the same name. All expressions see the columns before the step.",
     "{late: cast(arr_delay > 15 as int64)}"},
    {"select", "list of string or map of expression", kOptional, "",
     "Keeps exactly these columns, in this order; the map form computes them.", "[origin, dest]"},
    {"drop", "string or list of string", kOptional, "", "Removes columns.", "[tailnum]"},
    {"rename", "map of string", kOptional, "", "Gives columns new names: old name, new name.", "{dest: destination}"},
    {"join", "join", kOptional, "", "Adds the columns of another table, or keeps rows by its keys.",
     "{right: planes, on: tailnum}"},
    {"group_by", "group_by", kOptional, "", "One row a group of equal keys.",
     "{keys: [carrier], aggregates: {flights: count()}}"},
    {"deduplicate", "deduplicate", kOptional, "", "Keeps one row of all that have equal keys.",
     "{keys: flight, order_by: sched_dep_time}"},
    {"sort", "string or list of string", kOptional, "",
     "Puts rows in the order of these columns, `desc` behind a name for the greatest first. Null is the least value, "
     "NaN "
     "the greatest; rows that tie stay in their order.",
     "[carrier, dep_time desc]"},
    {"limit", "integer or limit", kOptional, "", "Keeps the first rows.", "10"},
    {"concat", "string or list of string or concat", kOptional, "",
     "The rows of other tables behind these. Columns are found by name, and get their common type.", "flights_2014"},
    {"explode", "string or list of string or explode", kOptional, "",
     "A row for each element of a list. Lists of several columns are taken together.", "tags"},
};

constexpr PipelineKey kFilterKeys[] = {
    {"where", "expression", kRequired, "", "The condition.", "arr_delay is not null"},
    {"name", "string", kOptional, "the condition", "What reports call the filter.", "arrived"},
};

constexpr PipelineKey kJoinKeys[] = {
    {"right", "string", kRequired, "", "The source or earlier table to join.", "planes"},
    {"on", "string or list of string", kOptional, "", "The key columns, if both sides call them the same.", "tailnum"},
    {"left_on", "string or list of string", kOptional, "", "The key columns of the rows so far.", "dest"},
    {"right_on", "string or list of string", kOptional, "", "The key columns of the right table.", "faa"},
    {"how", "one of left, inner, semi, anti", kOptional, "left",
     "`left` keeps every row, `inner` those with a match; `semi` and `anti` keep rows with and without a match and add "
     "no columns. A null key matches nothing.",
     "inner"},
    {"suffix", "string", kOptional, "_right", "Put after the name of a right column that the rows have already.",
     "_plane"},
    {"validate", "one of m:1, m:m", kOptional, "m:m",
     "`m:1`: the keys of the right table must be unique, so that the join never multiplies rows; a duplicate is an "
     "error.",
     "m:1"},
};

constexpr PipelineKey kGroupByKeys[] = {
    {"keys", "string or list of string", kOptional, "[]",
     "The columns that make a group; null is a value here. Without keys: one row for all.", "[carrier, month]"},
    {"aggregates", "map of expression", kOptional, "{}",
     "The columns beside the keys, each one call of an aggregate function. Without aggregates: the distinct keys.",
     "{flights: count(), mean_delay: mean(dep_delay)}"},
};

constexpr PipelineKey kDeduplicateKeys[] = {
    {"keys", "string or list of string", kRequired, "",
     "The columns that rows are told apart by; null is a value here, as in `group_by`.", "[carrier, flight]"},
    {"order_by", "string or list of string", kOptional, "",
     "Of rows with equal keys, the one with the least values of these columns stays: null is the least value, NaN the "
     "greatest. Where they tie, all columns decide, in the order of the table.",
     "sched_dep_time"},
    {"keep", "one of first, last", kOptional, "first", "`last` keeps the row with the greatest values instead.",
     "last"},
    {"any_order", "boolean", kOptional, "false",
     "Instead of `order_by`: any row will do. The native engine takes the first (or last) of its input.", "true"},
};

constexpr PipelineKey kLimitKeys[] = {
    {"rows", "integer", kRequired, "", "How many rows to keep.", "10"},
    {"offset", "integer", kOptional, "0", "How many rows to leave out before them.", "20"},
};

constexpr PipelineKey kConcatKeys[] = {
    {"tables", "string or list of string", kRequired, "", "The sources or earlier tables whose rows come behind.",
     "[flights_2014, flights_2015]"},
    {"fill_missing", "boolean", kOptional, "false",
     "Whether a column that some of the tables lack is null there; else it is an error.", "true"},
};

constexpr PipelineKey kExplodeKeys[] = {
    {"columns", "string or list of string", kRequired, "",
     "Columns of lists. In each row, the lists of several columns must be of equal length.", "[tags, weights]"},
    {"keep_empty", "boolean", kOptional, "true",
     "Whether a row whose list is null or empty stays, as one row with a null.", "false"},
};

constexpr PipelineKey kContractKeys[] = {
    {"table", "string", kRequired, "", "The table whose rows promise.", "training_rows"},
    {"columns", "map of type/contract column", kOptional, "{}", "Promises of columns, by name.",
     "{distance: {nullable: false, min: 0}}"},
    {"rows", "map of expression", kOptional, "{}",
     "Conditions that must be true for every row, by name; null breaks them.",
     "{arrives_after_departure: arr_time > dep_time}"},
};

constexpr PipelineKey kContractColumnKeys[] = {
    {"type", "type", kOptional, "any", "The exact type the column must have.", "int64"},
    {"nullable", "boolean", kOptional, "true", "Whether values may be null.", "false"},
    {"min", "value", kOptional, "none", "The least value allowed.", "0"},
    {"max", "value", kOptional, "none", "The greatest value allowed.", "1"},
    {"allowed", "list of value", kOptional, "any", "The only values allowed.", "[0, 1]"},
};

constexpr PipelineKey kFeaturesKeys[] = {
    {"table", "string", kRequired, "", "The table that the features are made from.", "training_rows"},
    {"columns", "list of feature", kRequired, "", "The features.", "[{name: distance}]"},
};

constexpr PipelineKey kFeatureKeys[] = {
    {"name", "string", kRequired, "", "The name of the column in the data set.", "route"},
    {"from", "expression or list of expression", kOptional, "the column of the feature's name",
     "What goes into the first transform: a column, an expression, or several for transforms that take several.",
     "[origin, dest]"},
    {"role", "one of feature, label, weight, key, time, pass_through", kOptional, "feature",
     "What the column is to a model.", "label"},
    {"transforms", "list of transform", kOptional, "[]", "Applied in order: a name, or a name with its parameters.",
     "[log1p, {clip: {min: 0, max: 10}}]"},
    {"dtype", "type", kOptional, "float32 for floats, else as computed", "The type of the column in the data set.",
     "float32"},
};

constexpr PipelineKey kSplitKeys[] = {
    {"by", "expression", kOptional, "",
     "What the conditions of the parts compare: each part is then the rest of a comparison, such as `< 2013-11-01`.",
     "time_hour"},
    {"hash", "expression", kOptional, "", "Deals rows by the hash of this key; each part is then a share, such as 0.9.",
     "flight"},
    {"group", "expression", kOptional, "",
     "The same as `hash`, for keys that many rows share: the rows of one group stay together.", "tailnum"},
    {"salt", "string", kOptional, "''", "With `hash` or `group`: another salt, another split.", "fold 1"},
    {"parts", "map of expression", kRequired, "",
     "The parts by name. A row belongs to the first whose condition is true; `rest` comes last and takes all others. "
     "Rows of no part are left out, and counted.",
     "{train: '< 2013-11-01', eval: rest}"},
    {"fit", "string", kOptional, "train", "The part that features are fitted on.", "train"},
};

constexpr PipelineKey kOutputKeys[] = {
    {"path", "string", kRequired, "", "The folder of the data set.", "out/parquet"},
    {"format", "string", kRequired, "", "parquet, tfrecord, arrow, mds or csv.", "parquet"},
    {"compression", "string", kOptional, "the format's own", "The codec, such as none, zstd, snappy or gzip.", "zstd"},
    {"mode", "one of overwrite, append, overwrite_partitions", kOptional, "overwrite",
     "What becomes of the data set that is there: the new rows take its place, join it, or take the place of the "
     "partitions that they belong to. Rows that join others must have the same columns and the same fitted state.",
     "overwrite_partitions"},
    {"partition_by", "string or list of string", kOptional, "none",
     "Columns of the data set (bool, integers, dates, strings) whose values make a folder each, as in Hive: "
     "day=2013-01-01. They are not in the files.",
     "[day]"},
    {"sort_by", "string or list of string", kOptional, "rows stay in order",
     "Columns of the data set that the rows of each part, or of each partition, are sorted by; `desc` behind a name "
     "for the greatest first. Null is the least value, NaN the greatest.",
     "[user, time desc]"},
    {"shards", "integer", kOptional, "by rows_per_shard", "The number of shards of each part, or of each partition.",
     "8"},
    {"shard_bytes", "value", kOptional, "by rows_per_shard",
     "About the size of a shard, when `shards` is not given: the first rows are written to learn how large they are.",
     "128MiB"},
    {"rows_per_shard", "integer", kOptional, "1000000",
     "The most rows of a shard, when neither `shards` nor `shard_bytes` is given.", "100000"},
    {"shuffle", "integer", kOptional, "rows stay in order",
     "The seed of a random order of all rows of each part: the same for any number of threads and any memory.", "42"},
    {"row_group_rows", "integer", kOptional, "131072", "With parquet: the most rows of a row group.", "65536"},
    {"index", "boolean", kOptional, "false",
     "With tfrecord, uncompressed: a small file beside each shard, by which it is read in parts and counted.", "true"},
    {"petastorm", "boolean", kOptional, "false",
     "With parquet: whether Petastorm shall read it, its arrays and its schema too.", "true"},
    {"images", "map of one of png, jpeg", kOptional, "none",
     "With petastorm: binary columns that hold the bytes of image files, which Petastorm gives as arrays.",
     "{photo: png}"},
};

constexpr PipelineSection kSections[] = {
    {"pipeline", "The top level of the file.", kPipelineKeys},
    {"store", "An object store. Credentials come from the environment or a profile, never from the file.", kStoreKeys},
    {"source", "A raw table in files.", kSourceKeys},
    {"column", "A column of a source's schema. Its type alone is enough when it has no rules.", kColumnKeys},
    {"table", "A table and the steps that make it.", kTableKeys},
    {"step", "One step of a table: a map with exactly one of these keys.", kStepKeys},
    {"filter", "A filter with a name for reports.", kFilterKeys},
    {"join", "A join: `on`, or `left_on` and `right_on`.", kJoinKeys},
    {"group_by", "Groups and their aggregates.", kGroupByKeys},
    {"deduplicate",
     "One row of all that have equal keys: `order_by` says which, or `any_order: true` that it does not "
     "matter.",
     kDeduplicateKeys},
    {"limit", "The first rows, after some.", kLimitKeys},
    {"concat", "Tables one after another.", kConcatKeys},
    {"explode", "A row for each element of a list.", kExplodeKeys},
    {"contract", "Promises about the rows of one table.", kContractKeys},
    {"contract column", "Promises about a column. Its type alone is enough when that is the only one.",
     kContractColumnKeys},
    {"features", "Features that are made from another table than the last.", kFeaturesKeys},
    {"feature", "One column of the data set.", kFeatureKeys},
    {"split", "A split: by conditions (with or without `by`), or by shares of `hash` or `group`.", kSplitKeys},
    {"output", "A data set to write.", kOutputKeys},
};

}  // namespace

std::span<const PipelineSection> pipeline_sections() { return kSections; }

}  // namespace headrace
