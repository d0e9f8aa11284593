/* Keys in the forms that openssl writes, made for these tests and used nowhere else: good ones in
 * the traditional forms, and ones that must be refused (too small, too large, other curves,
 * encrypted). */
#ifndef GARITA_TESTS_PK_SAMPLES_H
#define GARITA_TESTS_PK_SAMPLES_H

static const char sample_rsa_pkcs1[] =
    "-----BEGIN RSA PRIVATE KEY-----\n"
    "MIIEowIBAAKCAQEAoarqlMttfVVvjVxszvzIGBBj2xpGQKoSwuxNhJPDl0tFk+v2\n"
    "MT4KwGTSpKL4fFyHBbB+LDZ8mB3jlrrlLjJjKoSezCazvZat9RO5JHXmBJAXyKsR\n"
    "tZxUyCn4QgYnXLp/qyoFNQD8GQ6skNJ8U0tE6nuIZSbGBgooz58yhvQ8iUfEtYSv\n"
    "Fw4qFzKgHKjgSuiJG0f6M5Ll8ffgjZ48M2ZoSs0qRw2shTH0cfEBIsECF2k0Ae02\n"
    "/DKVVSMdWipibOv+6TJtvA1jbDwnH4XbPWdYvdG2Qmjb6MDhlU2SbROeGAPW5JF5\n"
    "J34RKAY8Eq+8WKvzPY4DdeVP67yDXLz9N/Kx8QIDAQABAoIBAAfiDUZ0XWpCPVph\n"
    "nnog1BJtUSssvq52RIwt6NE9QckprdK6y6JGzdAoEmfd/PsWaWyO+LYH8Z8avP9b\n"
    "bWOpaBG5jgMzI2pME78qpylWmODR1GEP62EFRpKMjlsM0QRJ4UILvl2BZumDYEl/\n"
    "A/otRkbfP208POVsPyVxlC2FsQJ6EhtyyqTc801T4qeSKORRlgyBVt5QrQFfvuDj\n"
    "2d90nupFiYlwFLBHuito274nv/qpX789by9PfVxpcZttp75sK5PCZGFQiUx73pvq\n"
    "ojejNfm2oMs0smZMwWLtWSdanUt/IhSLuzqJdSvD5Tlo1HTHoNuTyqdpaygYrQYd\n"
    "mQAkBkECgYEA3n2gbzgmnER3qT4LqqlDTuKMlYNBTW97potlxxshl7MJ7wSDMEXh\n"
    "DsSyUkottZ+/T4htporIQxS+pIekeTt3mWNGrcVqLuJudleKRRhCJd3M0YLbT+dR\n"
    "1yDpj41g7BHFYDLuN82s2qGaIu9HBRuqeUHkfiuqR+uTt/F+kjslPdECgYEAugQw\n"
    "Yt2+0KmMjWOM+vPzH+DXPdLAlPNradVM/pQHTRJVgbz/vEvHn565By+I7Hu4j1Gt\n"
    "6eK/Daz3bm2qCVnWNdf0nF5EEOsAvi/GdpH6138HOeXgRYT9wETES+Cgupt0KTGR\n"
    "VCzUsOyyYAflqEdxeocAMM7lazHuSPUNcREWmiECgYAaj8TngjyZy1K90bpy1WJD\n"
    "uKgv8UuKgxSv/VRZQNPx2F4HOvKugKktqi3fxRtP45JjXFY627asy303BzqLfp34\n"
    "ofF+LWNP1Zh6aFkJhqve+WvKV2T3VRZgKH25tZcsl7KImYv2/Yb1UvWj1g0UfwkL\n"
    "EOLGbVAW5fjsrNf/fTAlAQKBgQCp7y/A8jDi8TGs7RgbHoeqRL5+BS3YJXSob6ty\n"
    "Gwt8dlZVOrMqctRAV0FTdjKRUAlwLL9DntjJBo3YfSjMeBzAfbRCsb9e8UFxfbXC\n"
    "FmRhP/P7Ca1T9UXXwzrM0r4jG+cHxvesPXRk2SevoSdGD1Z1CCW9cRWXUzsLvYr1\n"
    "ExZh4QKBgHkROdPSSpUHG+LlSh7c0Kldiifl5VmAH5KJW9MXupVSi4lpAsh/GI+M\n"
    "DLcLAnIdgsIVSrBXn8aw99HCJotOoxfNynAf2tbDuDKubSvF65mXhIUTbgSLjX7E\n"
    "o0++vQfMINvp8eUDKFjAfrUCZagSr1Sj/t700S7CQTl/8Np7lcH/\n"
    "-----END RSA PRIVATE KEY-----\n";

static const char sample_rsa_public_pkcs1[] =
    "-----BEGIN RSA PUBLIC KEY-----\n"
    "MIIBCgKCAQEAoarqlMttfVVvjVxszvzIGBBj2xpGQKoSwuxNhJPDl0tFk+v2MT4K\n"
    "wGTSpKL4fFyHBbB+LDZ8mB3jlrrlLjJjKoSezCazvZat9RO5JHXmBJAXyKsRtZxU\n"
    "yCn4QgYnXLp/qyoFNQD8GQ6skNJ8U0tE6nuIZSbGBgooz58yhvQ8iUfEtYSvFw4q\n"
    "FzKgHKjgSuiJG0f6M5Ll8ffgjZ48M2ZoSs0qRw2shTH0cfEBIsECF2k0Ae02/DKV\n"
    "VSMdWipibOv+6TJtvA1jbDwnH4XbPWdYvdG2Qmjb6MDhlU2SbROeGAPW5JF5J34R\n"
    "KAY8Eq+8WKvzPY4DdeVP67yDXLz9N/Kx8QIDAQAB\n"
    "-----END RSA PUBLIC KEY-----\n";

static const char sample_ec_sec1[] =
    "-----BEGIN EC PARAMETERS-----\n"
    "BggqhkjOPQMBBw==\n"
    "-----END EC PARAMETERS-----\n"
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEIDS8H/hLzu4lNsuCj/n5IIQ1XiL8GpVZW03Y4cYO81zzoAoGCCqGSM49\n"
    "AwEHoUQDQgAEMPPQ3XatMoKwK/NVZLPfujkH63VW83WRxaQ7uEfSWGuqQdGbec3d\n"
    "yAkN7MgwVJDR8ihXu56ja5vEswr+VPX5ZA==\n"
    "-----END EC PRIVATE KEY-----\n";

static const char sample_secp256k1[] =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHQCAQEEIL5y10P+Dq+PjfDaThxKyZZC/o7A+TbveXWQxa+1NXNboAcGBSuBBAAK\n"
    "oUQDQgAEGLb7cqPolNLzvYdwaJE5G4zFOZ7uD1z2wQfrI2xs3o5/dxVWDQ6cAf9W\n"
    "o3k/pCx9nCj3/aTak/Jy+Vz7vFNcpg==\n"
    "-----END EC PRIVATE KEY-----\n";

static const char sample_rsa_1024[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIICeAIBADANBgkqhkiG9w0BAQEFAASCAmIwggJeAgEAAoGBAOgvdI0SB/Akbk1C\n"
    "z0Y+D+0+8fNWI9N+lCMId6X/eupiFHlDU4N7mkBYjK1Vh9vPwXFwDohkxQVC1bRT\n"
    "kTheNFULUsVfhD480rPTcqstRULUOFSqgv+goYcNJa4tg0vyMz/bpxwmenUnLbd0\n"
    "moTzYrPVeVkO+nRWLQrf5+PZnECFAgMBAAECgYBbml1hSrvXAoiB8tnT3Khr8WmD\n"
    "l3iK+GV5bN3HoAPedNOfA/Du7tTsjgLyX8w57L1lA9C3/wm8CaJGgrHIi2IZau5d\n"
    "7RcbyS8XAI93tmC62bzotu7YHD7cTTOimphIITr3s41ZXru2UL/sSC+E+LYQ0cKZ\n"
    "s4vu0SgcXL28llo8AQJBAPoRDjHHEUXXmKUu4Y69PZW7YR5GqH6tjwEIw8bqqbmm\n"
    "kL+/cPzqoLvqdJmd9rglJK1/znSB+BKKb82KrSKD2BsCQQDtsclIdh4SHugED+dX\n"
    "8+O29zlfAylmKUU8HRNyr7xD7MEGT3Yhv8efUd1jlSNgrP1WCjhTILMa2o0VRias\n"
    "uxPfAkEA3cMYSm6WU9DBbuOnZhVOsyWMF/RjYov6ANnL/PCH+brMLS/SPIi6aEug\n"
    "gcbDUESoRTDNXycPXynjwmzT44L2twJBANyIOC1v0cSUQkYKj2UOFneadvNNVqq/\n"
    "ncoBXBrrK6yFzC1TqlHzwn1yEgsjwxgeSEn833dY/nPq1D0pwhY+2FcCQQC3Xx9G\n"
    "vcScKKt+6BuBcgV41hlH8TV6Rw5SoXWF1ITZ2i927YDA6uVYzkzIPj5F7eePOGXa\n"
    "AV/lbwq2bI7SW+Ky\n"
    "-----END PRIVATE KEY-----\n";

static const char sample_rsa_5120_public[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIICojANBgkqhkiG9w0BAQEFAAOCAo8AMIICigKCAoEA5D9TKboJ5mqRFtMCfw9w\n"
    "cuG6yHaCv4btJ9oGEiSlQRbw0TPesyEjnjNkO1QO4m15qNDvV/rkwgA97H1cUKje\n"
    "4i6tbuIru3iEDQ43GwzJyobWvYxDm6E96KT/n0mJYXPwpJTzYn6TnyS0ZEbDezXk\n"
    "FN/ZfEa2DUIHpapl8gN/II3Yn2jvNKQDa/GsudFFWcjS+7ZjOTqL6xp//zmPZgtT\n"
    "xXVH1DfZ8XLlir01KVFLibi2r7GLAhlRnYeBhK3SLvY5+A+JRYB7W96oEYr/UdLu\n"
    "IrW1zz+MtECNxfQM8DxoGEBfZrsMBDr7FI8lxImBv6tLjErdxAzjb396eTXp6U1j\n"
    "7N2wEThwufaOv83EE9x/drT4uDlEw04KYAxVEFTFeiJbGCzDuazwOgknT8CT1PfH\n"
    "ANoShACBkA15sfBOEpsBLIfmgW2fESSCb7H2ddfzSTzf2I8fIfkQg76nePs8w67k\n"
    "YQOzUwDNH+s5jIIBQ7X8G9Yyr5xhfiNn+PVcOwkThwXj+7GysmV3oo9tyH7T3x6x\n"
    "aaWbCN2Tvv/K4TvczIB7MpU0X7E059qXw2JGP302oLZVWgqGTYbVMnSANfxjpd9h\n"
    "BlptRyh+eO+vVc+A9L3u+n1M+6sD91Lth+cHz8zi1r/z18Pu4WNNWutrEEZrMYhV\n"
    "Appq4KtkwkIYKRgI2ky49Y3RbFYrhY2RpXiSFy0t45Jg27hIZesi8Ab9DL7+XSzU\n"
    "385ZmpoBjrd4AJY+0odoshR8jUoJaGPOENJ2y4KIkvL3yABG9BsP7nXIkxJPxZSB\n"
    "Wisw+4oAJx0Eutyl5b+Es+tplWhWJFna3SafAXY29gAGxVVQ/rC71oW5LHwBAzXq\n"
    "swIDAQAB\n"
    "-----END PUBLIC KEY-----\n";

static const char sample_encrypted[] =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiFR31QKms+zQICCAAw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEENAiYFUENUF5xeACl0Pe5ScEQJJ+\n"
    "9QkxxNTmcqVbx0YZ+upLCY8Bap4WNtOJ0sLqU+u+9jORZYEMb4mKVrKyquXdDQKo\n"
    "zrGxgdnjonjogWEJOV4=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

static const char sample_foreign[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VuBCIEINBmI45QHSy40mvYxgJqLCjUKBnzzF1pX2k2hIEfYPBG\n"
    "-----END PRIVATE KEY-----\n";

#endif
