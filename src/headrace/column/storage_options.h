// How an object store is reached, as a pipeline or a caller says it.
//
// Plain data, shared by plan/ (which reads it from the pipeline file) and io/ (which connects).
#pragma once

#include <string>

namespace headrace {

/// What is empty is taken from the environment (AWS_REGION, AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_PROFILE, …).
struct StorageOptions {
  std::string endpoint;  // of a store that is not Amazon's: "http://localhost:9000", or without the scheme
  std::string region;
  std::string scheme;      // "https" or "http", where the endpoint does not say
  bool anonymous = false;  // no credentials, not even those of the environment
  /// Credentials. A pipeline file cannot give them, and nothing prints them.
  std::string access_key;
  std::string secret_key;
  std::string session_token;
  double connect_timeout = 5;   // seconds
  double request_timeout = 10;  // seconds without a byte, of one try

  bool operator==(const StorageOptions&) const = default;
};

}  // namespace headrace
