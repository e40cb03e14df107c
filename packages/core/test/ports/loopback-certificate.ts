/**
 * A self-signed certificate of localhost and its key, for tests only:
 * `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj /CN=localhost
 * -addext subjectAltName=DNS:localhost,IP:127.0.0.1`
 */
export const loopbackCertificate = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUWET6pn1go2iWgC9CfYKJuRYP3mswCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjE2MzgxM1oYDzIxMjYxMDI5
MTYzODEzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARUL0araK2kkXibZ0K/Dy/mYL42s7aJXN8AILW5K/Ik2XqE0+lum6iI
xzyAIIlay8b96yUXzASlaY7zdL2A3XOOo28wbTAdBgNVHQ4EFgQUaR/oaeePbHV+
0+Z9owoYWMldjQwwHwYDVR0jBBgwFoAUaR/oaeePbHV+0+Z9owoYWMldjQwwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIhAPx1ShVaQkkNfvkcs1eqRoSHI64ud7MnLrbt+08FBR97AiA7
zCsFxIMIhZ1Je5VkWDypk/cQ9Fp0S+RWG1L6vhgsVw==
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg6mH+leV3Sk5zOMPy
2S6Ky/79M7n5P3YT8d5e+TTq58qhRANCAARUL0araK2kkXibZ0K/Dy/mYL42s7aJ
XN8AILW5K/Ik2XqE0+lum6iIxzyAIIlay8b96yUXzASlaY7zdL2A3XOO
-----END PRIVATE KEY-----
`,
};
