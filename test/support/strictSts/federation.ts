/** What the federation endpoint needs to know of a session. */
export interface FederatedSession {
  readonly secretAccessKey: string
  readonly token: string
  readonly expiresAtMs: number
  readonly isRole: boolean
}

export interface FederationAnswer {
  readonly status: number
  readonly body: string
  readonly type: 'application/json' | 'text/html'
  /** for the log */
  readonly outcome: string
}

/**
 * AWS's federation endpoint: it takes sessions of roles only. Stricter than AWS, this one wants them in the body of a POST:
 * AWS takes them in a query too, where the log of every proxy shows them.
 *
 * @param find - a session by its key id
 */
export function federate(
  request: { readonly method: string; readonly target: string; readonly body: string },
  nowMs: number,
  find: (accessKeyId: string) => FederatedSession | undefined,
): FederationAnswer {
  const form = new URLSearchParams(request.body)
  if (request.method !== 'POST' || request.target !== '/federation') return refused('OnlyPost')
  if (form.get('Action') !== 'getSigninToken') return refused('InvalidAction')
  if (form.has('SessionDuration')) return refused('SessionDuration')
  try {
    const { sessionId, sessionKey, sessionToken } = JSON.parse(form.get('Session') ?? '') as Record<string, string>
    const session = find(sessionId ?? '')
    const known = session?.secretAccessKey === sessionKey && session?.token === sessionToken
    if (session === undefined || !known || session.expiresAtMs <= nowMs) return refused('InvalidSession')
    if (!session.isRole) return refused('OnlyFederationTokensOrAssumeRoleTokens')
    const token = Buffer.from(`sign-in of ${sessionId}`.repeat(20)).toString('base64url')
    return { status: 200, body: JSON.stringify({ SigninToken: token }), type: 'application/json', outcome: 'ok' }
  } catch {
    return refused('MalformedSession')
  }
}

function refused(outcome: string): FederationAnswer {
  return { status: 400, body: '<html><body>Bad Request</body></html>', type: 'text/html', outcome }
}
