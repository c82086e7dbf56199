package aws

import "github.com/sodprobe/sodprobe/targets"

// meaningOf is a class and the error codes that have it.
type meaningOf struct {
	class targets.Class
	codes []string
}

// codes are the codes of errors that are no refusal of the subject's action
// ("Common errors" of the API references).
func codes() []meaningOf {
	return []meaningOf{
		{targets.Unauthenticated, []string{
			"AuthFailure", "ExpiredToken", "ExpiredTokenException", "IDPCommunicationError", "IDPRejectedClaim", "IncompleteSignature",
			"IncompleteSignatureException", "InvalidAccessKeyId", "InvalidClientTokenId", "InvalidGrantException",
			"InvalidIdentityToken", "InvalidSignatureException", "InvalidToken", "MissingAuthenticationToken",
			"MissingAuthenticationTokenException", "OptInRequired", "RequestExpired", "RequestTimeTooSkewed", "SignatureDoesNotMatch",
			"TokenRefreshRequired", "UnauthorizedException", "UnrecognizedClientException",
		}},
		{targets.Throttled, []string{
			"BandwidthLimitExceeded", "EC2ThrottledException", "PriorRequestNotComplete", "ProvisionedThroughputExceededException",
			"RequestLimitExceeded", "RequestThrottled", "RequestThrottledException", "SlowDown", "ThrottledException", "Throttling",
			"ThrottlingException", "TooManyRequestsException", "TransactionInProgressException",
		}},
		{targets.ServerError, []string{
			"InternalError", "InternalFailure", "InternalServerError", "InternalServerErrorException", "InternalServiceError",
			"ServerException", "ServiceException", "ServiceUnavailable", "ServiceUnavailableException", "RequestTimeout",
			"RequestTimeoutException",
		}},
		// Somebody else's access: the service's, the function's, the key's.
		{targets.DependencyDenied, []string{
			"AccessDeniedForDependencyException", "EC2AccessDeniedException", "InsufficientDeliveryPolicyException",
			"InvalidKMSKeyException", "KMSAccessDeniedException", "KMSDisabledException", "KMSInvalidStateException",
			"KMSNotFoundException", "OrganizationAccessDeniedException",
		}},
		{targets.TargetMissing, []string{
			"ClusterNotFoundException", "NoSuchBucket", "NoSuchEntity", "NoSuchKey", "NotFound", "ResourceNotFoundException",
			"TrailNotFoundException",
		}},
		{targets.Unsupported, []string{
			"UnknownOperationException", "UnsupportedOperation", "UnsupportedOperationException", "UnsupportedProtocol",
		}},
		{targets.Invalid, []string{
			"DryRunOperation", "MalformedQueryString", "MissingAction", "MissingParameter", "SerializationException",
		}},
	}
}
