SELECT one FROM claims_read ORDER BY generation
